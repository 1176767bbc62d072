"""Runs a revision's `upgrade()` without a database and keeps what it would have done, as Alembic's own operations."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any, cast

from alembic.operations import BatchOperations, Operations
from alembic.operations.ops import CreateTableOp, ExecuteSQLOp, MigrateOperation
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite

__all__ = ["Step", "record"]

_DIALECTS: tuple[type[Dialect], ...] = (postgresql.dialect, sqlite.dialect)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a revision does.

    Attributes:
        operation: Alembic's.
        autocommit: whether it stands in an `autocommit_block`, and so in no transaction with other steps.
        copies: whether its batch insists on copying the table, on PostgreSQL too.
    """

    operation: MigrateOperation
    autocommit: bool
    copies: bool


def record(revision: ModuleType) -> list[Step]:
    """The steps of `revision.upgrade()` on PostgreSQL, and after them those on SQLite, most of which are the same.

    Raises:
        Exception: whatever `upgrade()` raises without a database; the caller says that it cannot be judged.
    """
    steps: list[Step] = []
    for dialect in _DIALECTS:
        recorder = _Recorder(_Context(dialect()))
        own, revision.op = revision.op, recorder  # type: ignore[attr-defined]
        try:
            revision.upgrade()
        finally:
            revision.op = own  # type: ignore[attr-defined]
        steps += recorder.migration_context.steps
    return steps


class _Context(MigrationContext):
    def __init__(self, dialect: Dialect) -> None:
        super().__init__(dialect, None, {"as_sql": True})
        self.steps: list[Step] = []
        self._alone = False

    @contextmanager
    def autocommit_block(self) -> Iterator[None]:
        self._alone = True
        try:
            yield
        finally:
            self._alone = False

    def keep(self, operation: MigrateOperation, *, copies: bool = False) -> Any:
        self.steps.append(Step(operation, self._alone, copies))
        return operation.to_table(self) if isinstance(operation, CreateTableOp) else None


class _Recorder(Operations):
    migration_context: _Context

    def invoke(self, operation: MigrateOperation) -> Any:
        return self.migration_context.keep(operation)

    @contextmanager
    def batch_alter_table(  # type: ignore[override]
        self, table_name: str, schema: str | None = None, recreate: str = "auto", **_: Any
    ) -> Iterator[BatchOperations]:
        yield _Batch(self.migration_context, table_name, schema, copies=recreate == "always")

    def get_bind(self) -> Any:
        return _Connection(self.migration_context)


class _Batch(BatchOperations):
    migration_context: _Context

    def __init__(self, context: _Context, table: str, schema: str | None, *, copies: bool) -> None:
        super().__init__(context, impl=cast(Any, SimpleNamespace(table_name=table, schema=schema)))
        self._copies = copies

    def invoke(self, operation: MigrateOperation) -> Any:
        return self.migration_context.keep(operation, copies=self._copies)


class _Connection:
    """Stands in for the connection of a revision that moves data: finds no rows, so that loops end."""

    rowcount = 0

    def __init__(self, context: _Context) -> None:
        self._context = context
        self.dialect = context.dialect

    def execute(self, statement: Any, *_: Any, **__: Any) -> "_Connection":
        self._context.keep(ExecuteSQLOp(statement))
        return self

    def fetchall(self) -> list[Any]:
        return []

    def scalar(self) -> None:
        return None

    all = scalars = fetchall
    first = one_or_none = fetchone = scalar_one_or_none = scalar

    def __iter__(self) -> Iterator[Any]:
        return iter(())
