"""Column types that mean the same on both databases."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, String
from sqlalchemy.types import TypeDecorator, TypeEngine

__all__ = ["UtcDateTime", "bytewise_text", "id_text"]


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time in microseconds: `timestamptz` on PostgreSQL, sortable text in UTC on SQLite.

    Raises:
        ValueError: for a datetime without a time zone, whose meaning would depend on the machine.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def bytewise_text(length: int) -> TypeEngine[str]:
    """Text that sorts and compares by code point on both databases, for ids, slugs and keys of pages.

    PostgreSQL would sort by the locale of the server, SQLite does not know any.
    """
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def id_text() -> TypeEngine[str]:
    """A UUID in canonical form (36 characters), as `ids.uuid7` makes them and as they travel in contracts."""
    return bytewise_text(36)
