"""Migrations end at the declared tables, once, however many replicas start at the same time."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, text

from services.storage.migration import SchemaState, differences, heads, schema_state, upgrade
from services.storage.migration.author import write_migration
from services.storage.migration.engine import connected
from services.storage.migration.run import MigrationError
from tests.store.storage.notes import Base

_BROKEN = """
from alembic import op

revision = "{revision}"
down_revision = "0001"


def upgrade() -> None:
    {body}
"""


def _with_second(migrations: Path, folder: Path, body: str) -> Path:
    """A copy of the history with one more revision."""
    for path in migrations.glob("*.py"):
        (folder / path.name).write_text(path.read_text())
    (folder / "0002_second.py").write_text(_BROKEN.format(revision="0002", body=body))
    return folder


async def test_migrations_make_the_declared_tables(migrated_url: str) -> None:
    assert differences(migrated_url, Base.metadata) == []


def test_the_history_has_one_head(migrations: Path) -> None:
    assert len(heads(migrations)) == 1


def test_a_forgotten_migration_shows_as_a_difference(migrated_url: str) -> None:
    changed = MetaData(naming_convention=Base.metadata.naming_convention)
    for table in Base.metadata.tables.values():
        table.to_metadata(changed)
    changed.tables["notes"].append_column(Column("forgotten", Integer()))
    assert [difference[0] for difference in differences(migrated_url, changed)] == ["add_column"]


def test_a_forgotten_check_constraint_shows_as_a_difference(migrated_url: str) -> None:
    changed = MetaData(naming_convention=Base.metadata.naming_convention)
    for table in Base.metadata.tables.values():
        table.to_metadata(changed)
    notes = changed.tables["notes"]
    notes.constraints = {each for each in notes.constraints if each.name != "ck_notes_rank"}
    assert differences(migrated_url, changed) == [("check_constraint", "notes", "ck_notes_rank")]


def test_a_database_says_where_it_stands(database_url: str, migrations: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer"
    newer.mkdir()
    _with_second(migrations, newer, "op.execute('CREATE TABLE second (n INTEGER)')")
    assert schema_state(database_url, migrations) is SchemaState.EMPTY
    upgrade(database_url, migrations)
    assert schema_state(database_url, migrations) is SchemaState.CURRENT
    assert schema_state(database_url, newer) is SchemaState.BEHIND
    upgrade(database_url, newer)
    assert schema_state(database_url, migrations) is SchemaState.AHEAD
    assert SchemaState.AHEAD.fit_to_serve


def test_the_version_before_leaves_a_newer_database_alone(database_url: str, migrations: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer"
    newer.mkdir()
    upgrade(database_url, _with_second(migrations, newer, "op.execute('CREATE TABLE second (n INTEGER)')"))
    upgrade(database_url, migrations)
    assert schema_state(database_url, newer) is SchemaState.CURRENT


async def test_replicas_that_migrate_at_once_migrate_once(database_url: str, migrations: Path) -> None:
    await asyncio.gather(*(asyncio.to_thread(upgrade, database_url, migrations) for _ in range(4)))
    assert schema_state(database_url, migrations) is SchemaState.CURRENT


def test_a_migration_that_fails_leaves_nothing_behind(database_url: str, migrations: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    body = "op.execute('CREATE TABLE second (n INTEGER)'); 1 // 0"
    _with_second(migrations, broken, body)
    with pytest.raises(ZeroDivisionError):
        upgrade(database_url, broken)
    assert schema_state(database_url, migrations) is SchemaState.CURRENT
    with connected(database_url) as connection:
        assert not connection.dialect.has_table(connection, "second")


def test_a_migration_that_leaves_dangling_rows_on_sqlite_is_refused(migrations: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'dangling.db'}"
    folder = tmp_path / "dangling"
    folder.mkdir()
    insert = "INSERT INTO notes VALUES ('a', 'a', 0, '2026-01-01 00:00:00.000000', 'nobody')"
    with pytest.raises(MigrationError, match="1 rows"):
        upgrade(url, _with_second(migrations, folder, f'op.execute("{insert}")'))


def test_a_new_migration_is_written_from_the_tables(migrations: Path, tmp_path: Path, database_url: str) -> None:
    folder = tmp_path / "written"
    written = write_migration(folder, Base.metadata, "all of it")
    assert written.name == "0001_all_of_it.py"
    assert "postgresql_concurrently" in written.read_text()
    upgrade(database_url, folder)
    assert differences(database_url, Base.metadata) == []


def test_migrating_again_changes_nothing(migrated_url: str, migrations: Path) -> None:
    with connected(migrated_url) as connection:
        connection.execute(text("INSERT INTO outbox VALUES ('i', 't', 'k', '', '', 0, '2026-01-01', '2026-01-01')"))
        connection.commit()
    upgrade(migrated_url, migrations)
    with connected(migrated_url) as connection:
        assert connection.execute(text("SELECT count(*) FROM outbox")).scalar() == 1
