"""What PostgreSQL does to a table whose column takes another type."""

import re
from enum import Enum
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

__all__ = ["POSTGRESQL", "TypeChange", "type_change"]

POSTGRESQL: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]

_WHOLE_NUMBERS = ("SMALLINT", "INTEGER", "BIGINT")
_TEXT = re.compile(r'(?:VARCHAR(?:\((\d+)\))?|TEXT)(?P<collation> COLLATE "\w+")?$')


class TypeChange(Enum):
    """NONE and ROOMIER are a line in the catalogue; REWRITES copies the table under a lock; NARROWER
    may lose values.
    """

    NONE = "none"
    ROOMIER = "roomier"
    REWRITES = "rewrites"
    NARROWER = "narrower"


def type_change(old: TypeEngine[Any], new: TypeEngine[Any]) -> TypeChange:
    """Compares types as PostgreSQL spells them; what is not known to be harmless counts as narrower."""
    before, after = _spelled(old), _spelled(new)
    if before == after:
        return TypeChange.NONE
    if before in _WHOLE_NUMBERS and after in _WHOLE_NUMBERS:
        wider = _WHOLE_NUMBERS.index(after) > _WHOLE_NUMBERS.index(before)
        return TypeChange.REWRITES if wider else TypeChange.NARROWER
    one, other = _TEXT.match(before), _TEXT.match(after)
    if one and other and one["collation"] == other["collation"] and _room(other) >= _room(one):
        return TypeChange.ROOMIER
    return TypeChange.NARROWER


def _spelled(kind: TypeEngine[Any]) -> str:
    return kind.compile(dialect=POSTGRESQL)


def _room(text: re.Match[str]) -> float:
    return float(text[1]) if text[1] else float("inf")
