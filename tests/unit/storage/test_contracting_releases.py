"""What takes something away ships one release after what takes its place, and git knows what a release held."""

import subprocess
from pathlib import Path

import pytest

from services.storage.migration.lint import findings
from tests.unit.storage.planted import history

_EXPAND = 'op.add_column("notes", sa.Column("temper", sa.String(20)))'
_CONTRACT = 'op.drop_column("notes", "mood")'
_TABLES = "class Note(Base):\n    __tablename__ = 'notes'\n    id: Mapped[str]\n    {mood}: Mapped[str] = {value}\n"


def _git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True)


def _release(folder: Path, tag: str, tables: str) -> None:
    (folder / "services" / "planted" / "tables.py").write_text(tables)
    _git(folder, "add", "-A")
    _git(folder, "commit", "-m", tag)
    _git(folder, "tag", tag)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    _git(tmp_path, "init", "-b", "main")
    return tmp_path


def _texts(repository: Path, declared: str = 'CONTRACTS = "0002"') -> list[str]:
    return [offence.text for offence in findings(history(repository, _EXPAND, _CONTRACT, declared=declared))]


def test_expanding_and_contracting_in_one_release_is_refused(repository: Path) -> None:
    history(repository)
    _release(repository, "v0.1.0", _TABLES.format(mood="mood", value="x()"))
    assert any("in no release before this one" in text for text in _texts(repository))


def test_a_release_that_still_uses_it_may_still_run(repository: Path) -> None:
    history(repository, _EXPAND)
    _release(repository, "v0.1.0", _TABLES.format(mood="feeling", value="mapped_column('mood')"))
    (text,) = _texts(repository)
    assert "v0.1.0, which may still run, has it in its tables" in text


def test_a_release_later_it_may_go(repository: Path) -> None:
    history(repository, _EXPAND)
    _release(repository, "v0.9.0", _TABLES.format(mood="mood", value="x()"))
    _release(repository, "v0.10.0", _TABLES.format(mood="temper", value="x()"))
    assert _texts(repository) == []


def test_once_released_it_stays_judged_by_what_ran_then(repository: Path) -> None:
    history(repository, _EXPAND)
    _release(repository, "v0.1.0", _TABLES.format(mood="temper", value="x()"))
    assert _texts(repository) == []
    _release(repository, "v0.2.0", _TABLES.format(mood="temper", value="x()"))
    assert _texts(repository) == []


@pytest.mark.parametrize("declared", ['CONTRACTS = "0007"', 'CONTRACTS = "0003"', ""])
def test_a_declaration_names_a_revision_before(repository: Path, declared: str) -> None:
    history(repository, _EXPAND)
    _release(repository, "v0.1.0", _TABLES.format(mood="temper", value="x()"))
    assert len(_texts(repository, declared)) == 1


def test_a_declaration_that_contracts_nothing_is_refused(repository: Path) -> None:
    folder = history(repository, _EXPAND, declared='CONTRACTS = "0001"')
    assert [offence.text for offence in findings(folder)] == ["says CONTRACTS and contracts nothing"]
