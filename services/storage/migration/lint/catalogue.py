"""What tables and columns there are before a revision, by replaying what the revisions before it did."""

from typing import Any

from alembic.operations.ops import (
    AddColumnOp,
    AlterColumnOp,
    CreateTableOp,
    DropColumnOp,
    DropTableOp,
    RenameTableOp,
)
from sqlalchemy import Column

from services.storage.migration.lint.recording import Step

__all__ = ["Catalogue"]


class Catalogue:
    """Columns by table. `opened` are the names that the revision in hand has made, which nobody uses yet."""

    def __init__(self) -> None:
        self._tables: dict[str, dict[str, Column[Any]]] = {}
        self._opened: set[tuple[str, str]] = set()

    def begin_revision(self) -> None:
        self._opened.clear()

    def holds(self, table: str) -> bool:
        """Whether the table was there before this revision, and so may have rows and readers."""
        return table in self._tables and (table, "") not in self._opened

    def is_new(self, table: str, column: str) -> bool:
        """Whether no version before this revision can have written the column."""
        return (table, column) in self._opened or not self.holds(table)

    def column(self, table: str, name: str) -> Column[Any] | None:
        return self._tables.get(table, {}).get(name)

    def apply(self, step: Step) -> None:
        match step.operation:
            case CreateTableOp(table_name=table, columns=items):
                self._tables[table] = {item.name: item for item in items if isinstance(item, Column)}
                self._opened.add((table, ""))
            case DropTableOp(table_name=table):
                self._tables.pop(table, None)
            case RenameTableOp(table_name=table, new_table_name=name):
                self._tables[name] = self._tables.pop(table, {})
            case AddColumnOp(table_name=table, column=column):
                self._tables.setdefault(table, {})[column.name] = column
                self._opened.add((table, column.name))
            case DropColumnOp(table_name=table, column_name=name):
                self._tables.get(table, {}).pop(name, None)
            case AlterColumnOp() as change:
                self._alter(change)

    def _alter(self, change: AlterColumnOp) -> None:
        columns = self._tables.setdefault(change.table_name, {})
        old = columns.pop(change.column_name, None)
        kind = change.modify_type if change.modify_type is not None else getattr(old, "type", change.existing_type)
        nullable = change.modify_nullable if change.modify_nullable is not None else getattr(old, "nullable", True)
        name = change.modify_name or change.column_name
        columns[name] = Column(name, kind, nullable=nullable)
