"""Comments that wait for the relay: outbox rows of the topic `judge`, whose key is the comment's id.

They carry no payload: what the relay needs is read when it is needed, so that nothing personal lies in the queue.
"""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from services.comment.tables import outbox

__all__ = ["TOPIC", "drop", "enqueue", "make_due"]

TOPIC = "judge"


async def enqueue(session: AsyncSession, comment_id: str, not_before: datetime, traceparent: str) -> None:
    await outbox.enqueue(session, TOPIC, comment_id, not_before=not_before, traceparent=traceparent)


async def make_due(session: AsyncSession, comment_id: str, now: datetime) -> None:
    """Leaves a comment to the relay before its time."""
    rows = outbox.table.c
    await session.execute(update(outbox.table).where(rows.key == comment_id).values(available_at=now))


async def drop(session: AsyncSession, comment_id: str) -> None:
    """Nothing is left to judge."""
    await outbox.discard(session, comment_id)
