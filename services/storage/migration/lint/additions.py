"""What may be added beside the version that runs now: what it need not know, and what is there in an instant."""

import re
from collections.abc import Iterator
from typing import Any

from alembic.operations.ops import (
    AddConstraintOp,
    CreateCheckConstraintOp,
    CreateForeignKeyOp,
    CreateIndexOp,
    CreateUniqueConstraintOp,
)
from sqlalchemy import Column, DefaultClause

from services.storage.migration.lint.catalogue import Catalogue
from services.storage.migration.lint.column_types import POSTGRESQL
from services.storage.migration.lint.trouble import Kind, Trouble

__all__ = ["added_column", "added_constraint", "added_index"]

_CONSTANT = re.compile(r"\(?(-?[\d.]+|'[^']*'(::\w+)?|true|false|null)\)?$", re.IGNORECASE)


def added_column(table: str, column: Column[Any]) -> Iterator[Trouble]:
    what = f"{table}.{column.name}"
    if not column.nullable and column.server_default is None:
        yield Trouble(
            Kind.BREAKS,
            f"{what}: NOT NULL without a server default; the version before inserts without it, and the rows that are "
            "there have no value. Make it nullable, or give it a server_default",
        )
    if column.server_default is not None and not _constant(column.server_default):
        yield Trouble(
            Kind.LOCKS, f"{what}: a default that is computed may rewrite the table under a lock, and SQLite takes none"
        )
    if column.primary_key or column.unique or column.index:
        yield Trouble(Kind.LOCKS, f"{what}: its index is built under a lock; add it by create_index, concurrently")


def _constant(default: Any) -> bool:
    if not isinstance(default, DefaultClause):
        return False
    argument = default.arg
    if isinstance(argument, str):
        return True
    return bool(_CONSTANT.match(str(argument.compile(dialect=POSTGRESQL)).strip()))


def added_index(index: CreateIndexOp, before: Catalogue, *, autocommit: bool) -> Iterator[Trouble]:
    what = f"{index.table_name}: the index {index.index_name}"
    if index.unique:
        yield from _uniqueness(what, index.table_name, [str(each) for each in index.columns], before)
    if not index.kw.get("postgresql_concurrently"):
        yield Trouble(
            Kind.LOCKS,
            f"{what} is built under a lock that stops every write. Use postgresql_concurrently=True inside `with "
            "op.get_context().autocommit_block():`, in a revision of its own",
        )
    elif not autocommit:
        yield Trouble(
            Kind.LOCKS, f"{what}: PostgreSQL takes CONCURRENTLY in `op.get_context().autocommit_block()` alone"
        )


def added_constraint(constraint: AddConstraintOp, before: Catalogue) -> Iterator[Trouble]:
    match constraint:
        case CreateUniqueConstraintOp(table_name=table, constraint_name=name, columns=columns):
            what = f"{table}: the unique constraint {name}"
            yield from _uniqueness(what, table, [str(each) for each in columns], before)
            yield Trouble(Kind.LOCKS, f"{what} builds its index under a lock; make a unique index, concurrently")
        case CreateCheckConstraintOp(table_name=table, constraint_name=name, kw=told):
            yield from _rule(f"{table}: the check {name}", told)
        case CreateForeignKeyOp(source_table=table, constraint_name=name, local_cols=columns, kw=told):
            if not all(before.is_new(table, column) for column in columns):
                yield from _rule(f"{table}: the foreign key {name}", told)
        case _:
            table = getattr(constraint, "table_name", "?")
            yield Trouble(Kind.LOCKS, f"{table}: another primary key rebuilds its index under a lock")


def _rule(what: str, told: Any) -> Iterator[Trouble]:
    yield Trouble(Kind.CONTRACTS, f"{what} may refuse what the version before writes")
    if not told.get("postgresql_not_valid"):
        yield Trouble(
            Kind.LOCKS,
            f"{what} scans the table under a lock; add it with postgresql_not_valid=True and validate it in the next "
            'revision: op.execute("ALTER TABLE ... VALIDATE CONSTRAINT ...")',
        )


def _uniqueness(what: str, table: str, columns: list[str], before: Catalogue) -> Iterator[Trouble]:
    """A column that is new is NULL wherever the version before writes, and NULLs differ from each other."""
    if not any(before.is_new(table, column) for column in columns):
        yield Trouble(Kind.CONTRACTS, f"{what} may refuse what is there and what the version before writes")
