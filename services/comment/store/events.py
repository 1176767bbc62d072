"""What watches read: the events of a post, and how far each post is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.comment.domain.comment import Comment
from services.comment.domain.visibility import EventType
from services.comment.store.rows import comment_of
from services.comment.tables import CommentRow, EventRow, ThreadRow

__all__ = ["Event", "Progress", "events_after", "progress_of", "purge", "sequences_of"]

_POSTS_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Event:
    """`comment` is as it is now, not as it was when the event was written."""

    sequence: int
    type: EventType
    comment_id: str
    comment: Comment


@dataclass(frozen=True, slots=True)
class Progress:
    """The numbers of the last event of a post, and of the last one that is no longer kept."""

    sequence: int = 0
    purged: int = 0


async def progress_of(session: AsyncSession, post_id: str) -> Progress:
    statement = select(ThreadRow.sequence, ThreadRow.purged).where(ThreadRow.post_id == post_id)
    row = (await session.execute(statement)).first()
    return Progress() if row is None else Progress(row.sequence, row.purged)


async def sequences_of(session: AsyncSession, post_ids: Sequence[str]) -> dict[str, int]:
    """The number of the last event of each post that has one."""
    statement = select(ThreadRow.post_id, ThreadRow.sequence).where(ThreadRow.post_id.in_(post_ids))
    return {row.post_id: row.sequence for row in await session.execute(statement)}


async def events_after(session: AsyncSession, post_id: str, sequence: int, limit: int) -> list[Event]:
    statement = (
        select(EventRow, CommentRow)
        .join(CommentRow, CommentRow.id == EventRow.comment_id)
        .where(and_(EventRow.post_id == post_id, EventRow.sequence > sequence))
        .order_by(EventRow.sequence)
        .limit(limit)
    )
    rows = await session.execute(statement)
    return [Event(row.sequence, EventType(row.type), row.comment_id, comment_of(of)) for row, of in rows]


async def purge(session: AsyncSession, before: datetime) -> int:
    """Removes old events of some posts and remembers how far.

    Returns:
        How many posts it touched: more than zero asks for another round.
    """
    last = func.max(EventRow.sequence)
    old = (
        select(EventRow.post_id, last)
        .where(EventRow.created_at < before)
        .group_by(EventRow.post_id)
        .order_by(EventRow.post_id)
        .limit(_POSTS_AT_ONCE)
    )
    found = (await session.execute(old)).all()
    for post_id, sequence in found:
        await session.execute(
            update(ThreadRow).where(ThreadRow.post_id == post_id).values(purged=sequence),
            execution_options={"synchronize_session": False},
        )
        up_to = and_(EventRow.post_id == post_id, EventRow.sequence <= sequence)
        await session.execute(delete(EventRow).where(up_to), execution_options={"synchronize_session": False})
    return len(found)
