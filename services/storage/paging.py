"""Keyset pages (AIP-158): a page starts after the last row of the one before, so that inserts do not shift it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from google.protobuf.message import Message
from sqlalchemy import ColumnElement, Row, Select, bindparam, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from services.storage import page_token

__all__ = ["Keyset", "Page", "fetch_page", "fetch_rows", "page_size", "query_fingerprint"]

Item = TypeVar("Item")
KeyColumn = ColumnElement[Any] | InstrumentedAttribute[Any]


@dataclass(frozen=True, slots=True)
class Keyset:
    """The order of a list.

    Attributes:
        columns: never null, together unique: end with the id. Text columns are `types.bytewise_text`.
        descending: all of them together; a mixed order has no row comparison.
    """

    columns: Sequence[KeyColumn]
    descending: bool = False

    def after(self, statement: Select[Any], values: Sequence[Any]) -> Select[Any]:
        """The statement without the rows up to and including the key `values`."""
        bounds = [bindparam(None, value, type_=column.type) for column, value in zip(self.columns, values, strict=True)]
        key, bound = tuple_(*self.columns), tuple_(*bounds)
        return statement.where(key < bound if self.descending else key > bound)

    def ordered(self, statement: Select[Any]) -> Select[Any]:
        order = [column.desc() if self.descending else column.asc() for column in self.columns]
        return statement.order_by(*order)

    def bind(self, query: bytes) -> bytes:
        """The query's fingerprint with the order added, which a service may choose by more than the request."""
        names = [f"{column.key}" for column in self.columns]
        return hashlib.sha256(query + f"{names} {self.descending}".encode()).digest()


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """`next_page_token` is empty on the last page."""

    items: list[Item]
    next_page_token: str


def page_size(requested: int, *, default: int = 20, at_most: int = 100) -> int:
    """AIP-158: 0 means the default, more than the most is silently the most."""
    return min(requested, at_most) if requested > 0 else default


def query_fingerprint(request: Message) -> bytes:
    """What a page token is bound to: the request without `page_token`, and without `page_size`, which may change."""
    query = type(request)()
    query.CopyFrom(request)
    for field in ("page_token", "page_size"):
        query.ClearField(field)
    name = request.DESCRIPTOR.full_name.encode()
    return hashlib.sha256(name + b"\0" + query.SerializeToString(deterministic=True)).digest()


async def fetch_page(
    session: AsyncSession,
    statement: Select[Item],
    keyset: Keyset,
    *,
    size: int,
    token: str,
    query: bytes,
) -> Page[Item]:
    """One page of a statement that selects one thing (an ORM class), without ORDER BY and LIMIT of its own.

    Args:
        token: the request's `page_token`, "" for the first page.
        query: `query_fingerprint(request)`.

    Raises:
        HamletError: INVALID_PAGE_TOKEN.
    """
    rows = await fetch_rows(session, statement, keyset, size=size, token=token, query=query)
    return Page([row[0] for row in rows.items], rows.next_page_token)


async def fetch_rows(
    session: AsyncSession,
    statement: Select[*tuple[Any, ...]],
    keyset: Keyset,
    *,
    size: int,
    token: str,
    query: bytes,
) -> Page[Row[*tuple[Any, ...]]]:
    """As `fetch_page`, for a statement that selects several columns. The key's columns are appended to each row."""
    width, bound_to = len(keyset.columns), keyset.bind(query)
    statement = keyset.ordered(statement).add_columns(*keyset.columns).limit(size + 1)
    if token:
        statement = keyset.after(statement, page_token.decode(token, bound_to, width))
    rows = list((await session.execute(statement)).all())
    if len(rows) <= size:
        return Page(rows, "")
    rows = rows[:size]
    return Page(rows, page_token.encode(tuple(rows[-1])[-width:], bound_to))
