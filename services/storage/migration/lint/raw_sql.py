"""What of a statement written by hand can be judged: little, so little is let through."""

import re
from collections.abc import Iterator
from typing import Any

from services.storage.migration.lint.column_types import POSTGRESQL

__all__ = ["statements", "trouble_of"]

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_HARMLESS = re.compile(
    r"CREATE TABLE |ANALYZE\b|COMMENT ON |SELECT |SET |RESET |PRAGMA |INSERT INTO \S+ (\([^)]*\) )?VALUES"
    r"|ALTER TABLE (ONLY )?\S+ VALIDATE CONSTRAINT "
)
_MOVES = re.compile(r"(UPDATE|DELETE|INSERT|MERGE|WITH)\b")
_BOUNDED = re.compile(r"\b(LIMIT|FETCH FIRST|BETWEEN)\b")
_LOCKS = re.compile(r"(LOCK|TRUNCATE|VACUUM|CLUSTER|REINDEX|REFRESH)\b(?! .*CONCURRENTLY)")


def statements(sql: Any) -> Iterator[str]:
    """Each statement of a string or a construct, in capitals and single spaces."""
    text = sql if isinstance(sql, str) else str(sql.compile(dialect=POSTGRESQL))
    for each in _COMMENT.sub(" ", text).split(";"):
        if plain := " ".join(each.upper().split()):
            yield plain


def trouble_of(statement: str, *, autocommit: bool) -> str | None:
    """Why a statement of `statements` must not stand in a revision; None if it may."""
    if _LOCKS.match(statement):
        return f"{_begin(statement)}: locks out everybody until it is done"
    if _MOVES.match(statement) and not _HARMLESS.match(statement):
        if not autocommit:
            return (
                f"{_begin(statement)}: rewrites rows in the transaction that changes the schema, and holds its locks "
                "as long; move data in batches inside `with op.get_context().autocommit_block():`, in a later revision"
            )
        if not _BOUNDED.search(statement):
            return f"{_begin(statement)}: rewrites all rows at once; take some (LIMIT, BETWEEN) until none is left"
        return None
    if _HARMLESS.match(statement):
        return None
    return f"{_begin(statement)}: SQL by hand cannot be judged; use the directive of `op` that does it"


def _begin(statement: str) -> str:
    return statement if len(statement) <= 60 else statement[:57] + "..."
