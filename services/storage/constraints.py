"""Which constraint a write broke, by its name, on both databases."""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg
from hamlet.error.v1.error_reason_pb2 import ErrorReason
from sqlalchemy import Index, MetaData, PrimaryKeyConstraint, Table, UniqueConstraint
from sqlalchemy.exc import IntegrityError

from mesh.errors import HamletError

__all__ = ["refusing", "violated_constraint"]

_SQLITE_COLUMNS = re.compile(r"UNIQUE constraint failed: (?P<columns>\w+\.\w+(?:, \w+\.\w+)*)$")
_SQLITE_NAME = re.compile(r"(?:CHECK constraint failed: |index ')(?P<name>\w+)")


def violated_constraint(error: IntegrityError, metadata: MetaData) -> str | None:
    """The name of the unique, primary-key or check constraint that failed; on PostgreSQL of any constraint.

    SQLite names columns, so that the name is looked up in `metadata`; of a foreign key it names nothing at all.
    """
    driver_error = error.orig
    if isinstance(driver_error, psycopg.Error):
        return driver_error.diag.constraint_name
    if not isinstance(driver_error, sqlite3.Error):
        return None
    if found := _SQLITE_COLUMNS.search(str(driver_error)):
        return _named(found["columns"], metadata)
    named = _SQLITE_NAME.search(str(driver_error))
    return named["name"] if named else None


@contextmanager
def refusing(metadata: MetaData, reasons: Mapping[str, ErrorReason.ValueType]) -> Iterator[None]:
    """Turns the violation of a named constraint into a reason of the store's own.

    The violation shows at the flush, so `await session.flush()` belongs into the block. The transaction is lost
    afterwards: let the error leave `db.write()`.

    Raises:
        HamletError: the reason of the constraint.
    """
    try:
        yield
    except IntegrityError as error:
        reason = reasons.get(violated_constraint(error, metadata) or "")
        if reason is None:
            raise
        raise HamletError(reason) from None


def _named(columns: str, metadata: MetaData) -> str | None:
    qualified = [column.split(".") for column in columns.split(", ")]
    table = metadata.tables.get(qualified[0][0])
    if table is None:
        return None
    wanted = {column for _table, column in qualified}
    for constraint in _unique_constraints(table):
        if {column.name for column in constraint.columns} == wanted:
            return str(constraint.name)
    return None


def _unique_constraints(table: Table) -> Iterator[PrimaryKeyConstraint | UniqueConstraint | Index]:
    for constraint in table.constraints:
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint):
            yield constraint
    yield from (index for index in table.indexes if index.unique)
