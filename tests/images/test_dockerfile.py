"""The Dockerfile keeps to the seam with the chart, and to what every image promises."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from docker import chosen
from docker.images import IMAGES, USER
from docker.locked import entries, part
from tests.chart.rendering import CHART, OF_VALUES, containers, render

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "docker" / "Dockerfile"


def stages() -> dict[str, str]:
    """The text of each stage by its name."""
    found = re.split(r"(?m)^FROM ", DOCKERFILE.read_text())[1:]
    return {stage.split(maxsplit=3)[2]: stage for stage in found}


def test_hadolint_has_nothing_to_say() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "hadolint", DOCKERFILE], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_every_image_that_the_chart_asks_for_is_a_target_and_no_other() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())["images"]
    ours = {each["repository"] for each in values.values() if isinstance(each, dict) and "tag" not in each}
    assert {image.name for image in IMAGES} == ours
    assert {image.target for image in IMAGES} == {name for name, text in stages().items() if "\nLABEL" in text} - {
        "runtime"
    }


@pytest.mark.parametrize("values", OF_VALUES)
def test_an_image_has_what_the_chart_runs_in_it(values: str) -> None:
    runs = {image.name: set(image.modules) for image in IMAGES}
    seen = 0
    for name, container, _ in containers(render(values)):
        image = container["image"].rpartition("/")[2].partition(":")[0].partition("@")[0]
        if not image.startswith("hamlet-"):
            continue
        python, flag, module = container["command"][:3]
        assert (python, flag) == ("python", "-m"), name
        assert module in runs[image], name
        seen += 1
    assert seen


def test_every_module_that_an_image_runs_exists() -> None:
    for image in IMAGES:
        for module in image.modules:
            path = ROOT / module.replace(".", "/")
            assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module


def test_nobody_is_root_and_the_base_is_an_argument() -> None:
    of = stages()
    assert of["runtime"].startswith("scratch AS")
    assert f"USER {USER}:{USER}" in of["runtime"]
    assert "RUN " not in of["runtime"]
    for image in IMAGES:
        assert of[image.target].startswith("runtime AS")
        assert not re.search(r"(?m)^(USER|RUN|ADD) ", of[image.target])
    sources = {text.split(maxsplit=1)[0] for text in of.values()}
    assert sources - of.keys() == {"${BASE}", "scratch"}


def test_everything_is_installed_by_its_hash() -> None:
    """All but our own wheels, which the build made a moment ago."""
    lines = DOCKERFILE.read_text().replace("\\\n", " ")
    commands = re.findall(r"pip (?:--python \S+ )?install ([^&\n]+)", lines)
    assert len(commands) > 5
    for command in commands:
        assert "--require-hashes" in command or "--no-index" in command, command


@pytest.mark.parametrize(("build", "wanted"), [("cpu", "torch=={}+cpu"), ("cuda", "torch=={}")])
def test_each_build_of_torch_is_locked_to_the_version_of_the_project(build: str, wanted: str) -> None:
    project = (ROOT / "pyproject.toml").read_text()
    version = re.findall(r'"torch==([^"]+)",', project)[0]
    lock = (ROOT / "requirements" / f"{build}.txt").read_text()
    assert entries(lock)["torch"].startswith(f"{wanted.format(version)} ")
    assert all("--hash=sha256:" in entry for entry in entries(lock).values())
    assert entries(lock).keys().isdisjoint(entries((ROOT / "requirements" / "app.txt").read_text()))
    stage = stages()[f"spam-{build}-room"]
    assert f"-r requirements/{build}.txt" in stage
    assert "torch.version.cuda" in stage
    assert stages()[f"spam-{build}"].count("COPY --from=") == 1
    assert f"COPY --from=spam-{build}-room /opt/hamlet" in stages()[f"spam-{build}"]


def test_an_image_without_torch_has_no_part_of_it() -> None:
    for room in ("services-room", "edge-room", "wheels"):
        assert "cpu.txt" not in stages()[room]
        assert "cuda.txt" not in stages()[room]


def test_what_is_taken_of_debian_is_libraries_and_python() -> None:
    """Written out, so that a change shows: no shell, no package manager, nobody who becomes somebody else."""
    for path in ("usr/lib/x86_64-linux-gnu/libssl.so.3", "usr/bin/python3.11", "usr/lib/python3.11/ssl.py"):
        assert chosen.wanted(path), path
    for path in ("usr/bin/dash", "usr/bin/apt", "usr/bin/py3compile", "usr/lib/x86_64-linux-gnu/gconv/IBM037.so"):
        assert not chosen.wanted(path), path
    assert not chosen.wanted("usr/lib/python3.11/lib-dynload/readline.cpython-311-x86_64-linux-gnu.so")
    assert {"apt", "dpkg", "dash", "bash", "perl-base", "coreutils"}.isdisjoint(chosen.PACKAGES)


def test_a_part_of_a_lock_keeps_its_hashes_and_knows_its_names() -> None:
    lock = (ROOT / "requirements" / "app.txt").read_text()
    only, rest = part("only", lock, {"grpcio"}), part("without", lock, {"grpcio"})
    assert only.startswith("grpcio==")
    assert "--hash=sha256:" in only
    assert entries(only).keys() | entries(rest).keys() == entries(lock).keys()
    assert entries(only).keys().isdisjoint(entries(rest).keys())
    with pytest.raises(ValueError, match="no-such-package"):
        part("without", lock, {"no-such-package"})


def test_every_package_that_the_dockerfile_names_is_in_the_lock() -> None:
    named = re.findall(r"locked\.py (only|without) (\S+)((?:[^>])+)>", DOCKERFILE.read_text())
    assert len(named) == 4
    for mode, lock, names in named:
        assert part(mode, (ROOT / lock).read_text(), set(names.replace("\\", "").split()))
