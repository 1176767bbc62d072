"""What is wrong with one step, given what there was before it.

Source: PostgreSQL's manual, ALTER TABLE and CREATE INDEX, on what each form locks, scans and rewrites.
"""

from collections.abc import Iterator

from alembic.operations.ops import (
    AddColumnOp,
    AddConstraintOp,
    AlterColumnOp,
    CreateIndexOp,
    DropColumnOp,
    DropConstraintOp,
    DropIndexOp,
    DropTableOp,
    ExecuteSQLOp,
    RenameTableOp,
)

from services.storage.migration.lint.additions import added_column, added_constraint, added_index
from services.storage.migration.lint.catalogue import Catalogue
from services.storage.migration.lint.column_types import TypeChange, type_change
from services.storage.migration.lint.raw_sql import statements, trouble_of
from services.storage.migration.lint.recording import Step
from services.storage.migration.lint.trouble import Kind, Trouble

__all__ = ["troubles"]


def troubles(step: Step, before: Catalogue) -> Iterator[Trouble]:
    """Everything that is wrong with `step`. What a revision made itself is empty and used by nobody."""
    operation = step.operation
    if isinstance(operation, ExecuteSQLOp):
        for statement in statements(operation.sqltext):
            if text := trouble_of(statement, autocommit=step.autocommit):
                yield Trouble(Kind.LOCKS, text)
        return
    table = getattr(operation, "table_name", None) or getattr(operation, "source_table", None)
    if table is None or not before.holds(table):
        return
    if step.copies:
        yield Trouble(Kind.LOCKS, f'{table}: recreate="always" copies the whole table on PostgreSQL too')
    match operation:
        case DropTableOp() | DropColumnOp() | DropConstraintOp() | DropIndexOp():
            yield from _dropped(operation)
        case RenameTableOp():
            yield Trouble(Kind.BREAKS, f"{table}: {_RENAMED}")
        case AlterColumnOp():
            yield from _altered(operation, before)
        case AddColumnOp():
            yield from added_column(table, operation.column)
        case CreateIndexOp():
            yield from added_index(operation, before, autocommit=step.autocommit)
        case AddConstraintOp():
            yield from added_constraint(operation, before)


_RENAMED = (
    "renamed; the version that runs now asks for the old name. Add the new one, write both, read the new one a "
    "release later, and drop the old one after that"
)


def _dropped(operation: DropTableOp | DropColumnOp | DropConstraintOp | DropIndexOp) -> Iterator[Trouble]:
    match operation:
        case DropTableOp(table_name=table):
            yield Trouble(Kind.CONTRACTS, f"{table}: the table is dropped", (table, ""))
        case DropColumnOp(table_name=table, column_name=column):
            yield Trouble(Kind.CONTRACTS, f"{table}.{column}: the column is dropped", (table, column))
        case DropConstraintOp(table_name=table, constraint_name=name):
            yield Trouble(
                Kind.CONTRACTS, f"{table}: the constraint {name}, on which the version before relies, is dropped"
            )
        case DropIndexOp(table_name=table, index_name=name):
            yield Trouble(Kind.CONTRACTS, f"{table}: the index {name}, by which the version before reads, is dropped")


def _altered(change: AlterColumnOp, before: Catalogue) -> Iterator[Trouble]:
    what = f"{change.table_name}.{change.column_name}"
    known = before.column(change.table_name, change.column_name)
    if change.modify_name is not None:
        yield Trouble(Kind.BREAKS, f"{what}: {_RENAMED}")
    if change.modify_nullable is False and (known is None or known.nullable):
        yield Trouble(
            Kind.CONTRACTS,
            f"{what}: becomes NOT NULL, and the version before may leave it out. On PostgreSQL validate a CHECK "
            "(... IS NOT NULL) that was added NOT VALID first, or the table is scanned under a lock",
        )
    if change.modify_type is not None:
        old = known.type if known is not None else change.existing_type
        kind = TypeChange.NARROWER if old is None else type_change(old, change.modify_type)
        if kind is TypeChange.NARROWER:
            yield Trouble(
                Kind.CONTRACTS, f"{what}: from {old!r} to {change.modify_type!r}, which may refuse what it holds"
            )
        if kind in (TypeChange.NARROWER, TypeChange.REWRITES):
            yield Trouble(
                Kind.LOCKS,
                f"{what}: another type rewrites the table under a lock. Add a column of the new type, write both, fill "
                "it in batches, read it a release later",
            )
    if change.modify_server_default is None and known is not None and not known.nullable:
        yield Trouble(Kind.CONTRACTS, f"{what}: loses its default, without which the version before cannot insert")
