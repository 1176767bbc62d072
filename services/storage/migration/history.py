"""Where a database stands in its service's history of migrations."""

from enum import Enum
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL

from services.storage.migration.engine import connected

__all__ = ["ENVIRONMENT", "SchemaState", "alembic_config", "heads", "schema_state"]

ENVIRONMENT = Path(__file__).parent / "environment"


class SchemaState(Enum):
    """What a service may do with a database.

    AHEAD is a database of a newer version: fit to serve, because migrations expand before they contract, so that
    the version before a migration runs on the schema after it.
    """

    EMPTY = "empty"
    BEHIND = "behind"
    CURRENT = "current"
    AHEAD = "ahead"

    @property
    def fit_to_serve(self) -> bool:
        return self in (SchemaState.CURRENT, SchemaState.AHEAD)


def alembic_config(migrations: Path) -> Config:
    """A configuration without a file: the shared environment, and the migrations of one service."""
    config = Config()
    config.set_main_option("script_location", _escaped(ENVIRONMENT))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", _escaped(migrations))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config


def heads(migrations: Path) -> list[str]:
    """The newest revisions of a folder of migrations; a sound history has exactly one."""
    return list(ScriptDirectory.from_config(alembic_config(migrations)).get_heads())


def schema_state(url: str | URL, migrations: Path) -> SchemaState:
    """Compares a database with a folder of migrations. Blocking; changes nothing."""
    script = ScriptDirectory.from_config(alembic_config(migrations))
    with connected(url) as connection:
        current = set(MigrationContext.configure(connection).get_current_heads())
    if not current:
        return SchemaState.EMPTY
    known = {revision.revision for revision in script.walk_revisions()}
    if current - known:
        return SchemaState.AHEAD
    return SchemaState.CURRENT if current == set(script.get_heads()) else SchemaState.BEHIND


def _escaped(path: Path) -> str:
    # Config is a ConfigParser, to which % is special.
    return str(path.absolute()).replace("%", "%%")
