"""Whether a binary column contains given bytes, which the two databases spell differently."""

from typing import Any

from sqlalchemy import Boolean, ColumnElement, LargeBinary, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

__all__ = ["contains"]


class _Contains(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True


def contains(column: ColumnElement[bytes], needle: bytes) -> ColumnElement[bool]:
    """True where `needle` occurs in the column. Scans: for rare work on small tables."""
    return _Contains(column, literal(needle, LargeBinary()))


@compiles(_Contains, "sqlite")
def _on_sqlite(element: _Contains, compiler: Any, **arguments: Any) -> str:
    haystack, needle = (compiler.process(each, **arguments) for each in element.clauses)
    return f"(instr({haystack}, {needle}) > 0)"


@compiles(_Contains, "postgresql")
def _on_postgresql(element: _Contains, compiler: Any, **arguments: Any) -> str:
    haystack, needle = (compiler.process(each, **arguments) for each in element.clauses)
    return f"(position({needle} in {haystack}) > 0)"
