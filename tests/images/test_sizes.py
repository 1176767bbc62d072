"""An image that outgrew what it may be fails the build, and others do not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from docker import build
from docker.images import IMAGES, MOST_COMMON_MEGABYTES

BASE = "localhost/hamlet-debian@sha256:abc"
MEGABYTE = 10**6
IMAGE = IMAGES[0]
Built = Callable[[int, int], int]


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Built:
    """The status of a build after which the common layer and the image's own have so many bytes."""

    def status(common: int, own: int) -> int:
        sizes = {BASE: 100 * MEGABYTE, build.COMMON: common, build.tag(IMAGE): common + own}
        monkeypatch.setattr(build, "_SBOMS", tmp_path / "sbom")
        monkeypatch.setattr(build, "ensure_base", lambda: BASE)
        monkeypatch.setattr(build, "_build", lambda *_: None)
        monkeypatch.setattr(build, "write_sbom", lambda *_: "sbom")
        monkeypatch.setattr(build, "_size", sizes.__getitem__)
        return build.main([IMAGE.target])

    return status


@pytest.mark.parametrize(("over", "status"), [(0, 0), (1, 1)])
def test_a_size_is_held(over: int, status: int, built: Built, capsys: pytest.CaptureFixture[str]) -> None:
    assert built(MOST_COMMON_MEGABYTES * MEGABYTE, IMAGE.most_megabytes * MEGABYTE + over) == status
    assert (IMAGE.name in capsys.readouterr().err) == bool(status)


def test_what_all_images_share_is_held_too(built: Built, capsys: pytest.CaptureFixture[str]) -> None:
    assert built(MOST_COMMON_MEGABYTES * MEGABYTE + 1, MEGABYTE) == 1
    assert build.COMMON in capsys.readouterr().err


def test_an_unknown_target_is_refused_before_anything_is_built(capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(["nowhere"]) == 2
    assert "nowhere" in capsys.readouterr().err
