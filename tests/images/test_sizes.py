"""An image that outgrew what it may be fails the build, and others do not."""

from pathlib import Path

import pytest

from docker import build
from docker.images import IMAGES

BASE = "localhost/hamlet-base@sha256:abc"
MEGABYTE = 10**6


@pytest.mark.parametrize(("over", "status"), [(0, 0), (1, 1)])
def test_a_size_is_held(
    over: int, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    image = IMAGES[0]
    sizes = {BASE: 100 * MEGABYTE, build.tag(image): (100 + image.most_megabytes) * MEGABYTE + over}
    monkeypatch.setattr(build, "_SBOMS", tmp_path / "sbom")
    monkeypatch.setattr(build, "ensure_base", lambda: BASE)
    monkeypatch.setattr(build, "_build", lambda *_: None)
    monkeypatch.setattr(build, "write_sbom", lambda *_: "sbom")
    monkeypatch.setattr(build, "_size", sizes.__getitem__)
    assert build.main([image.target]) == status
    assert (image.name in capsys.readouterr().err) == bool(status)


def test_an_unknown_target_is_refused_before_anything_is_built(capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(["nowhere"]) == 2
    assert "nowhere" in capsys.readouterr().err
