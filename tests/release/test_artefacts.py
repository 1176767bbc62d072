"""A release's folder: whole, described by its provenance, and the same bytes when it is made again."""

import hashlib
import json
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement

from release.artefacts import make
from release.chart_package import HELM, pack_chart
from release.locked_sbom import write_locked_sbom
from release.provenance import Build, statement
from release.repository import Repository
from release.versions import versions

ROOT = Path(__file__).resolve().parents[2]
VERSION = next(iter(versions(ROOT).values()))
BUILD = Build("https://b.example", "git+https://s.example", "refs/tags/v1.0.0", "0" * 40, {"images": True}, {"a": "1"})

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("release")]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of HEAD."""
    exported = tmp_path_factory.mktemp("tree")
    Repository(ROOT).export(exported)
    return exported


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """HEAD, made as a snapshot without images."""
    made = tmp_path_factory.mktemp("release")
    make(Repository(ROOT), made, snapshot=True, images=False)
    return made


def test_everything_is_there(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    assert names == {
        f"hamlet-{VERSION}-py3-none-any.whl",
        f"hamlet_protos-{VERSION}-py3-none-any.whl",
        f"hamlet-{VERSION}.tgz",
        f"hamlet-{VERSION}.cdx.json",
        f"hamlet-{VERSION}.notes.md",
        f"hamlet-{VERSION}.intoto.json",
        "SHA256SUMS",
    }
    assert subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=folder, check=False).returncode == 0


def test_the_wheels_hold_what_runs(folder: Path) -> None:
    with zipfile.ZipFile(folder / f"hamlet-{VERSION}-py3-none-any.whl") as wheel:
        names = set(wheel.namelist())
    assert {"mesh/server.py", "model/bundles/default", "services/blog/migrations/versions/0001_posts.py"} <= names
    assert not any(name.startswith(("tests/", "bench/", "release/")) for name in names)


def test_in_toto_reads_the_provenance(folder: Path) -> None:
    said = json.loads((folder / f"hamlet-{VERSION}.intoto.json").read_text())
    # Parsing refuses fields that the formats do not know.
    parsed = json_format.ParseDict(said, statement_pb2.Statement())
    Statement.copy_from_pb(parsed).validate()
    assert said["predicateType"] == "https://slsa.dev/provenance/v1"
    predicate = json_format.ParseDict(said["predicate"], provenance_pb2.Provenance())
    assert predicate.build_definition.build_type
    assert predicate.run_details.builder.id
    source = predicate.build_definition.resolved_dependencies[0]
    assert source.digest["gitCommit"] == Repository(ROOT).revision()


def test_the_provenance_names_every_artefact_by_what_is_in_it(folder: Path) -> None:
    said = json.loads((folder / f"hamlet-{VERSION}.intoto.json").read_text())
    subjects = {each["name"]: each["digest"]["sha256"] for each in said["subject"]}
    others = [path for path in folder.iterdir() if path.name not in {"SHA256SUMS", f"hamlet-{VERSION}.intoto.json"}]
    assert subjects == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in others}


def test_images_are_subjects_too() -> None:
    said = statement(BUILD, [], {"hamlet-edge:1.0.0": "a" * 64}, ROOT)
    assert said["subject"] == [{"name": "hamlet-edge:1.0.0", "digest": {"sha256": "a" * 64}}]
    Statement.copy_from_pb(json_format.ParseDict(said, statement_pb2.Statement())).validate()


def test_the_chart_is_helms_and_the_same_bytes_each_time(folder: Path, tree: Path, tmp_path: Path) -> None:
    packed = folder / f"hamlet-{VERSION}.tgz"
    shown = subprocess.run([HELM, "show", "chart", packed], check=True, capture_output=True, text=True).stdout
    assert f"appVersion: {VERSION}" in shown
    subprocess.run([HELM, "template", "village", packed], check=True, capture_output=True)
    again = pack_chart(tree / "helm" / "hamlet", VERSION, tmp_path, Repository(ROOT).time())
    assert again.read_bytes() == packed.read_bytes()
    with tarfile.open(packed) as files:
        assert {(entry.mtime, entry.uid, entry.uname) for entry in files} == {(Repository(ROOT).time(), 0, "")}


def test_the_sbom_names_what_is_locked(folder: Path, tree: Path, tmp_path: Path) -> None:
    path = folder / f"hamlet-{VERSION}.cdx.json"
    found = {each["name"]: each["version"] for each in json.loads(path.read_text())["components"]}
    locked = [line for line in (tree / "requirements" / "app.txt").read_text().splitlines() if "==" in line]
    assert len(found) == len(locked) + 1
    assert {"grpcio", "sqlalchemy", "torch"} <= set(found)
    assert write_locked_sbom(tree, VERSION, tmp_path).read_bytes() == path.read_bytes()
