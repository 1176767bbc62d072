"""Brings a database to the head of its service's migrations."""

from pathlib import Path

from alembic import command
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, text

from services.storage.migration.engine import migrating
from services.storage.migration.history import alembic_config

__all__ = ["MigrationError", "upgrade"]


class MigrationError(RuntimeError):
    """A migration left the database in a state that it must not be in."""


def upgrade(url: str | URL, migrations: Path, revision: str = "head") -> None:
    """Runs the missing migrations, each in a transaction of its own. Blocking: use a thread in a service.

    Safe when several replicas do it at once. A database of a newer version is left alone (see `SchemaState.AHEAD`).

    Raises:
        MigrationError: rows point nowhere after a migration of SQLite, which checks foreign keys only when asked.
    """
    config = alembic_config(migrations)
    script = ScriptDirectory.from_config(config)
    known = {each.revision for each in script.walk_revisions()}
    with migrating(url) as connection:
        current = MigrationContext.configure(connection).get_current_heads()
        connection.rollback()
        if set(current) - known:
            return
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
        _check_foreign_keys(connection)


def _check_foreign_keys(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    dangling = connection.execute(text("PRAGMA foreign_key_check")).all()
    if dangling:
        tables = sorted({str(row[0]) for row in dangling})
        raise MigrationError(f"{len(dangling)} rows refer to rows that do not exist, in {', '.join(tables)}")
