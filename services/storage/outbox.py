"""Transactional outbox: work that is written with the data it belongs to, and done later at least once.

A row is hidden until `available_at`. Claiming hides it for a lease, so that a worker that dies gives it back by itself;
there is no state to repair. Handlers make the effect idempotent.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Row, Table, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.storage.ids import uuid7
from services.storage.types import UtcDateTime, bytewise_text, id_text

__all__ = ["Backlog", "Outbox", "OutboxMessage"]


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A claimed row.

    Attributes:
        key: what the message is about, such as a comment's id. Order between messages of a key is not kept.
        traceparent: W3C trace context of the request that wrote it, "" if it had none.
        attempts: how often it was claimed, this time included.
    """

    id: str
    topic: str
    key: str
    payload: bytes
    traceparent: str
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Backlog:
    """For metrics: rows not done, and the age of the oldest in seconds (0.0 without rows)."""

    depth: int
    oldest_age: float


class Outbox:
    """An outbox table of a service. Every method runs in the caller's transaction."""

    def __init__(self, metadata: MetaData, name: str = "outbox") -> None:
        self.table = Table(
            name,
            metadata,
            Column("id", id_text(), primary_key=True),
            Column("topic", bytewise_text(80), nullable=False),
            Column("key", bytewise_text(200), nullable=False, index=True),
            Column("payload", LargeBinary(), nullable=False),
            Column("traceparent", bytewise_text(64), nullable=False),
            Column("attempts", Integer(), nullable=False),
            Column("created_at", UtcDateTime(), nullable=False),
            Column("available_at", UtcDateTime(), nullable=False, index=True),
        )

    async def enqueue(
        self,
        session: AsyncSession,
        topic: str,
        key: str,
        payload: bytes = b"",
        *,
        not_before: datetime | None = None,
        traceparent: str = "",
    ) -> str:
        """Adds a message and returns its id.

        Args:
            not_before: keeps the relay off the row while the request itself tries; it calls `done` if it succeeds.
        """
        now, message_id = datetime.now(UTC), uuid7()
        statement = insert(self.table).values(
            id=message_id,
            topic=topic,
            key=key,
            payload=payload,
            traceparent=traceparent,
            attempts=0,
            created_at=now,
            available_at=not_before or now,
        )
        await session.execute(statement)
        return message_id

    async def claim(
        self, session: AsyncSession, count: int, lease: timedelta, *, topics: frozenset[str] | None = None
    ) -> list[OutboxMessage]:
        """Takes up to `count` due messages, oldest first, and hides them for `lease`. Commit at once.

        Nobody else gets the same message until the lease is over: other replicas skip locked rows on PostgreSQL, and
        there is one writer on SQLite.
        """
        now, rows = datetime.now(UTC), self.table
        due = select(rows.c.id).where(rows.c.available_at <= now)
        if topics is not None:
            due = due.where(rows.c.topic.in_(sorted(topics)))
        due = due.order_by(rows.c.available_at, rows.c.id).limit(count).with_for_update(skip_locked=True)
        # Materialised, as PostgreSQL may run a bare subquery again for each row and lock more than the limit.
        picked = due.cte("picked").prefix_with("MATERIALIZED", dialect="postgresql")
        statement = (
            update(rows)
            .where(rows.c.id.in_(select(picked.c.id)))
            .values(available_at=now + lease, attempts=rows.c.attempts + 1)
            .returning(*rows.c)
        )
        claimed = (await session.execute(statement)).all()
        return [_message(row) for row in sorted(claimed, key=lambda row: str(row.id))]

    async def done(self, session: AsyncSession, message_id: str) -> None:
        """Removes a message. In the transaction of its effect if that is in this database, else after it."""
        await session.execute(delete(self.table).where(self.table.c.id == message_id))

    async def retry(self, session: AsyncSession, message_id: str, delay: timedelta) -> None:
        """Makes a message due again after `delay`, instead of when its lease ends."""
        due = datetime.now(UTC) + delay
        await session.execute(update(self.table).where(self.table.c.id == message_id).values(available_at=due))

    async def discard(self, session: AsyncSession, key: str) -> None:
        """Removes all messages about `key`, as when a person's data is erased."""
        await session.execute(delete(self.table).where(self.table.c.key == key))

    async def backlog(self, session: AsyncSession) -> Backlog:
        created_at = self.table.c.created_at
        depth, oldest = (await session.execute(select(func.count(created_at), func.min(created_at)))).one()
        age = 0.0 if oldest is None else (datetime.now(UTC) - oldest).total_seconds()
        return Backlog(depth, max(0.0, age))


def _message(row: Row[Any]) -> OutboxMessage:
    return OutboxMessage(row.id, row.topic, row.key, row.payload, row.traceparent, row.attempts, row.created_at)
