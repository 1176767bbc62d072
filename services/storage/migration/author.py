"""Writes the next migration of a service from the difference between its history and its tables."""

import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import MetaData

from services.storage.migration.engine import connected
from services.storage.migration.history import alembic_config
from services.storage.migration.run import upgrade

__all__ = ["write_migration"]


def write_migration(migrations: Path, metadata: MetaData, message: str) -> Path:
    """A new revision in `migrations`, for its author to read and correct. Works on a SQLite file of its own."""
    migrations.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        url = f"sqlite:///{directory}/history.db"
        upgrade(url, migrations)
        config = alembic_config(migrations)
        config.attributes["metadata"] = metadata
        with connected(url) as connection:
            config.attributes["connection"] = connection
            script = command.revision(
                config, message, autogenerate=True, version_path=str(migrations), rev_id=_next_id(migrations)
            )
    if script is None or isinstance(script, list):
        raise RuntimeError("alembic wrote no single revision")
    return Path(script.path)


def _next_id(migrations: Path) -> str:
    """0001, 0002, ...: two branches that add the same one conflict in the file's name, not in production."""
    numbers = [int(path.name[:4]) for path in migrations.glob("[0-9][0-9][0-9][0-9]_*.py")]
    return f"{max(numbers, default=0) + 1:04}"
