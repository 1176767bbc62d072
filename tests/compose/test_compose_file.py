"""The compose file is one that docker-compose takes, and its containers are as shut in as the chart's pods."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from docker.build import tag
from docker.images import IMAGES, USER
from tests.compose.sources import COMPOSE, GPU, ROOT, compose, composed

needs_compose = pytest.mark.skipif(
    shutil.which("docker-compose") is None and "CI" not in os.environ,
    reason="docker-compose is a package of Debian's: `make compose-tools`",
)
ONCE = {name for name, each in compose().items() if each["restart"] == "no"}
UNASKED = {"collector", "jaeger"}
"""Their images promise no program that could ask them."""
DOORS = {"cache", "edge"}


def config(*files: Path) -> subprocess.CompletedProcess[str]:
    told = [f"--file={file}" for file in files]
    return subprocess.run(["docker-compose", *told, "config", "-q"], capture_output=True, text=True, check=False)


@needs_compose
@pytest.mark.slow
def test_docker_compose_takes_it_with_the_gpu_and_without() -> None:
    for files in ((COMPOSE,), (COMPOSE, GPU)):
        done = config(*files)
        assert (done.returncode, done.stderr) == (0, "")


@needs_compose
@pytest.mark.slow
@pytest.mark.parametrize(
    ("written", "instead", "why"),
    [
        ("    shm_size: 128m", "    shm_sise: 128m", "Unsupported config option"),
        ("      edge: {condition: service_healthy}", "      egde: {condition: service_healthy}", "undefined"),
        ("    shm_size: 128m", "    expose: true", "contains an invalid type"),
    ],
)
def test_docker_compose_finds_a_slip(written: str, instead: str, why: str, tmp_path: Path) -> None:
    text = COMPOSE.read_text()
    assert text.count(written) == 1
    (tmp_path / "compose.yaml").write_text(text.replace(written, instead))
    shutil.copy(COMPOSE.parent / ".env", tmp_path)
    done = config(tmp_path / "compose.yaml")
    assert done.returncode != 0
    assert why in done.stderr


@pytest.mark.parametrize("name", compose())
def test_a_container_is_shut_in(name: str) -> None:
    service = compose()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "pid", "ipc", "devices"} & service.keys()
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert service["logging"]["options"]["max-size"]
    assert ":latest" not in service["image"]
    assert re.search(r":[^/]+$", service["image"])


def test_only_who_gives_volumes_away_is_root_and_it_reaches_nobody() -> None:
    roots = {name: each for name, each in compose().items() if each["user"].split(":")[0] == "0" or "cap_add" in each}
    assert roots.keys() == {"volumes"}
    assert roots["volumes"]["cap_add"] == ["CHOWN"]
    assert roots["volumes"]["network_mode"] == "none"
    assert f"os.chown(each, {USER}, {USER})" in roots["volumes"]["command"][2]


def test_every_volume_of_ours_is_given_to_our_user() -> None:
    given = {each.split(":")[0] for each in compose()["volumes"]["volumes"]}
    assert set(compose()["volumes"]["command"][3:]) == {each.split(":")[1] for each in compose()["volumes"]["volumes"]}
    ours = {
        volume.split(":")[0]
        for each in compose().values()
        if each["user"] == f"{USER}:{USER}"
        for volume in each.get("volumes", ())
        if not volume.startswith(".")
    }
    assert given == ours
    assert composed()["volumes"].keys() - given == {"database", "metrics", "panels"}


def test_only_the_front_doors_are_open_to_others() -> None:
    for name, service in compose().items():
        for port in service.get("ports", ()):
            assert port.startswith("${VILLAGE_ADDRESS:-0.0.0.0}:" if name in DOORS else "127.0.0.1:"), name


def test_what_stays_is_asked_how_it_is_and_starts_again() -> None:
    for name, service in compose().items():
        if name in ONCE:
            assert "healthcheck" not in service
        elif name not in UNASKED | {"certificates-renewal"}:
            assert service["healthcheck"]["test"][0] == "CMD", name
            assert service["restart"] == "unless-stopped"


def test_who_needs_somebody_waits_for_as_much_as_can_be_waited_for() -> None:
    for name, service in compose().items():
        for other, waits in service.get("depends_on", {}).items():
            wanted = "service_completed_successfully" if other in ONCE else "service_healthy"
            # Nothing of the village waits for who watches it.
            wanted = "service_started" if other in UNASKED or name == "grafana" else wanted
            assert waits["condition"] == wanted, (name, other)


def test_our_images_are_named_as_they_are_built() -> None:
    text = COMPOSE.read_text() + GPU.read_text()
    named = set(re.findall(r"image: (\$\{VILLAGE.+)", text))
    [release] = re.findall(r"(?m)^VILLAGE_TAG=(.+)", (COMPOSE.parent / ".env").read_text())
    plain = {each.replace("${VILLAGE_REGISTRY:-localhost}", "localhost") for each in named}
    assert {re.sub(r"\$\{VILLAGE_TAG[^}]*\}", release, each) for each in plain} == {tag(image) for image in IMAGES}


def test_no_secret_is_in_a_file_of_ours_or_in_an_environment() -> None:
    for name, service in compose().items():
        for variable, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET", variable):
                assert variable.endswith("_FILE"), (name, variable)
                assert value.removeprefix("/run/secrets/") in service["secrets"], (name, variable)
            assert not re.search(r"//[^/@]*:[^/@]*@", str(value)), (name, variable)


def test_whoever_mounts_a_secret_reads_it() -> None:
    """PostgreSQL's script reads those of its users."""
    for name, service in compose().items():
        read = " ".join(map(str, service.get("environment", {}).values()))
        for secret in service.get("secrets", ()):
            assert f"/run/secrets/{secret}" in read or name == "postgres", (name, secret)


def test_secrets_are_drawn_once_and_for_nobody_else_s_eyes(tmp_path: Path) -> None:
    shutil.copy(ROOT / "docker" / "secrets.sh", tmp_path)

    def drawn() -> dict[str, str]:
        subprocess.run(["sh", tmp_path / "secrets.sh"], check=True)
        return {path.name: path.read_text().strip() for path in (tmp_path / "secrets").iterdir()}

    first = drawn()
    assert first.keys() == composed()["secrets"].keys()
    assert all(len(value) == 32 for value in first.values())
    assert len(set(first.values())) == len(first)
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    (tmp_path / "secrets" / "grafana").unlink()
    second = drawn()
    assert {name for name in first if first[name] != second[name]} == {"grafana"}


def test_git_does_not_see_them() -> None:
    done = subprocess.run(
        ["git", "check-ignore", "docker/secrets/postgres"], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 0


def mounted() -> list[tuple[str, str]]:
    found: list[tuple[str, Any]] = [
        (name, volume) for name, each in compose().items() for volume in each.get("volumes", ()) if volume[0] == "."
    ]
    return found


@pytest.mark.parametrize(("name", "volume"), mounted())
def test_what_is_mounted_is_there_and_is_not_written(name: str, volume: str) -> None:
    source, _, access = volume.split(":")
    assert (ROOT / "docker" / source).exists()
    assert access == "ro"
