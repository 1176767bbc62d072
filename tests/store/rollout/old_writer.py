"""Writes, reads and changes rows as a version does that knows no more than the tables at one revision."""

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Connection, MetaData, Table, insert, select, update
from sqlalchemy.types import JSON, Boolean, Date, DateTime, Integer, LargeBinary, Numeric, TypeEngine, Uuid

__all__ = ["OldWriter"]

_BOOKKEEPING = "alembic_version"


class OldWriter:
    """Knows the tables as they were when it was made, as a running replica does."""

    def __init__(self, connection: Connection) -> None:
        known = MetaData()
        known.reflect(connection)
        connection.rollback()
        self.tables = [table for table in known.sorted_tables if table.name != _BOOKKEEPING]
        self._numbers = itertools.count(1)

    def write_everywhere(self, connection: Connection) -> dict[str, Mapping[str, Any]]:
        """A row in each table, in all columns that it knows; returns them by table."""
        number = next(self._numbers)
        rows: dict[str, Mapping[str, Any]] = {}
        for table in self.tables:
            rows[table.name] = {column.name: _value(column, number, rows) for column in table.columns}
            connection.execute(insert(table).values(rows[table.name]))
        connection.commit()
        return rows

    def read_and_change(self, connection: Connection, rows: Mapping[str, Mapping[str, Any]]) -> None:
        """Reads back what `write_everywhere` wrote, sets it again and takes it away, newest table first.

        Raises:
            AssertionError: a row is gone or says something else.
        """
        for table in reversed(self.tables):
            wrote = rows[table.name]
            found = connection.execute(select(table).where(*_same(table, wrote))).mappings().one()
            assert _told(dict(found)) == _told(wrote), table.name
            changed = connection.execute(update(table).where(*_same(table, wrote)).values(wrote))
            assert changed.rowcount == 1, table.name
            connection.execute(table.delete().where(*_same(table, wrote)))
        connection.commit()


def _same(table: Table, row: Mapping[str, Any]) -> list[Any]:
    return [column == row[column.name] for column in table.primary_key.columns]


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    """SQLite's reflection knows no time zones."""
    return {name: value.replace(tzinfo=None) if isinstance(value, datetime) else value for name, value in row.items()}


def _value(column: Column[Any], number: int, rows: Mapping[str, Mapping[str, Any]]) -> Any:
    for key in column.foreign_keys:
        if key.column.table is not column.table:
            return rows[key.column.table.name][key.column.name]
        return None
    return _plain(column.type, f"{column.name}{number}", number)


def _plain(kind: TypeEngine[Any], text: str, number: int) -> Any:
    match kind:
        case Boolean():
            return False
        case Integer() | Numeric():
            return number
        case DateTime(timezone=zoned):
            return datetime(2026, 1, 1, tzinfo=UTC if zoned else None)
        case Date():
            return datetime(2026, 1, 1, tzinfo=UTC).date()
        case LargeBinary():
            return text.encode()
        case JSON():
            return [text]
        case Uuid():
            raise NotImplementedError("ids are text here")
    length = getattr(kind, "length", None) or 200
    return text[-length:]
