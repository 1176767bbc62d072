"""During a rollout, and after a rollback, the version before runs on the newest schema: its rows go in and come out."""

from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy.exc import IntegrityError

from services.storage.migration import upgrade
from services.storage.migration.engine import connected
from services.storage.migration.history import alembic_config
from tests.store.rollout.old_writer import OldWriter
from tests.unit.storage.planted import SAFE, history

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = sorted((ROOT / "services").glob("*/migrations/versions"))


def _revisions(folder: Path) -> list[str]:
    """Oldest first."""
    script = ScriptDirectory.from_config(alembic_config(folder))
    return [revision.revision for revision in script.walk_revisions()][::-1]


def _roll_out(url: str, folder: Path, before: str) -> None:
    """The version of revision `before` writes, the schema moves on, and the same version goes on working."""
    upgrade(url, folder, before)
    with connected(url) as connection:
        old = OldWriter(connection)
        assert old.tables
        kept = old.write_everywhere(connection)
        connection.commit()
    upgrade(url, folder)
    with connected(url) as connection:
        old.read_and_change(connection, old.write_everywhere(connection))
        old.read_and_change(connection, kept)


@pytest.mark.parametrize(
    ("folder", "before"),
    [(folder, revision) for folder in FOLDERS for revision in _revisions(folder)],
    ids=lambda each: each.parents[1].name if isinstance(each, Path) else each,
)
def test_each_version_before_runs_on_the_newest_schema(database_url: str, folder: Path, before: str) -> None:
    _roll_out(database_url, folder, before)


@pytest.mark.parametrize("body", SAFE.values(), ids=SAFE)
def test_what_the_lint_lets_through_runs_beside_the_version_before(
    body: str, database_url: str, tmp_path: Path
) -> None:
    _roll_out(database_url, history(tmp_path, body), "0001")


def test_a_column_that_the_version_before_cannot_fill_is_found(database_url: str, tmp_path: Path) -> None:
    pages = 'op.create_table("pages", sa.Column("n", sa.Integer(), primary_key=True))'
    words = 'op.add_column("pages", sa.Column("words", sa.Text(), nullable=False))'
    if database_url.startswith("sqlite"):
        words = f'with op.batch_alter_table("pages", recreate="always") as b:\n    b.{words.removeprefix("op.")}'
        words = words.replace('"pages", sa.Column("words"', 'sa.Column("words"')
    upgrade(database_url, history(tmp_path, pages))
    with connected(database_url) as connection:
        old = OldWriter(connection)
    upgrade(database_url, history(tmp_path, pages, words))
    with connected(database_url) as connection, pytest.raises(IntegrityError):
        old.write_everywhere(connection)
