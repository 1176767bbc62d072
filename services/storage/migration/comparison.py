"""Whether migrations make the schema that the tables declare."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, CheckConstraint, Connection, MetaData, inspect

from services.storage.migration.engine import connected

__all__ = ["differences"]


def differences(url: str | URL, metadata: MetaData) -> list[Any]:
    """What autogenerate would change in a migrated database, and check constraints (by name), which it overlooks.

    Empty if the migrations equal the metadata. Blocking.
    """
    with connected(url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found: list[Any] = list(compare_metadata(context, metadata))
        return found + _check_constraints(connection, metadata)


def _check_constraints(connection: Connection, metadata: MetaData) -> list[Any]:
    inspector = inspect(connection)
    found: list[Any] = []
    for table in metadata.tables.values():
        if not inspector.has_table(table.name):
            continue
        migrated = {check["name"] for check in inspector.get_check_constraints(table.name)}
        declared = {str(each.name) for each in table.constraints if isinstance(each, CheckConstraint)}
        found += [("check_constraint", table.name, name) for name in sorted(migrated ^ declared, key=str)]
    return found
