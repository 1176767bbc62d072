"""What is not tagged, not committed or not told is not released, and a sentence says what to do."""

import shutil
import subprocess
from pathlib import Path

import pytest

from release.prepare import prepare
from release.refusal import refusals
from release.repository import Repository
from release.versions import PLACES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A commit that is fit to be v7.0.0, and is not tagged."""
    for name in PLACES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "CHANGELOG.md").write_text("## Unreleased\n- A door.\n")
    prepare(tmp_path, "7.0.0", "2026-03-04")
    made = Repository(tmp_path)
    made.git("init", "-q", "-b", "main")
    for key, value in (("user.name", "t"), ("user.email", "t@example.com"), ("commit.gpgsign", "false")):
        made.git("config", key, value)
    made.git("add", "-A")
    made.git("commit", "-qm", "one")
    return made


def _reasons(repository: Repository, *, snapshot: bool = False) -> str:
    return "\n".join(refusals(repository, snapshot=snapshot))


def test_a_clean_tagged_commit_with_its_section_is_a_release(repository: Repository) -> None:
    repository.git("tag", "v7.0.0")
    assert _reasons(repository) == ""


def test_no_tag(repository: Repository) -> None:
    assert "no release's tag, and the files say 7.0.0" in _reasons(repository)
    assert "--snapshot" in _reasons(repository)


@pytest.mark.parametrize("tag", ["v7.0.1", "7.0.0", "v7.0.0-rc1"])
def test_another_tag(repository: Repository, tag: str) -> None:
    repository.git("tag", tag)
    assert "the files say 7.0.0" in _reasons(repository)


def test_changes(repository: Repository) -> None:
    repository.git("tag", "v7.0.0")
    (repository.root / "forgotten.py").write_text("")
    assert "not in the commit: forgotten.py" in _reasons(repository)
    assert _reasons(repository, snapshot=True) == ""


def test_no_section(repository: Repository) -> None:
    (repository.root / "CHANGELOG.md").write_text("## Unreleased\n- A door.\n")
    repository.git("commit", "-qam", "two")
    repository.git("tag", "v7.0.0")
    assert "has no section 7.0.0" in _reasons(repository)


def test_files_that_disagree_are_not_even_tried(repository: Repository) -> None:
    chart = repository.root / "helm/hamlet/Chart.yaml"
    chart.write_text(chart.read_text().replace("7.0.0", "7.0.1", 1))
    assert "written differently" in _reasons(repository, snapshot=True)


def test_our_own_head_may_be_tried() -> None:
    assert subprocess.run(["git", "-C", ROOT, "rev-parse"], check=False).returncode == 0
    assert _reasons(Repository(ROOT), snapshot=True) == ""
