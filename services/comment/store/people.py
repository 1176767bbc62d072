"""What is kept about a person, and what has been kept long enough."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.comment.domain.comment import Comment, Revision, Shown, State, Unjudged
from services.comment.store.rows import comment_of, revision_of
from services.comment.tables import CommentRow, RevisionRow

__all__ = [
    "by_author",
    "drop_revisions",
    "forget_addresses",
    "revisions_of",
    "some",
    "text_is_due",
    "wrongly_shown",
]


def by_author(account_id: str) -> ColumnElement[bool]:
    return CommentRow.author_id == account_id


def text_is_due(now: datetime) -> ColumnElement[bool]:
    """The text of a deleted comment has been kept long enough."""
    return CommentRow.text_until <= now


def wrongly_shown(unjudged: Unjudged) -> ColumnElement[bool]:
    """Unjudged comments that may be shown although the policy holds them, or the other way round.

    With SHOW those under something hidden are rightly not shown and match all the same.
    """
    is_shown = CommentRow.shown == int(Shown.WHOLE)
    pending = CommentRow.state == int(State.PENDING)
    return pending & (is_shown if unjudged is Unjudged.HOLD else ~is_shown)


async def some(
    session: AsyncSession, condition: ColumnElement[bool], *, after: str = "", limit: int = 100
) -> list[Comment]:
    """Comments that meet a condition, in the order of their ids."""
    statement = select(CommentRow).where(condition, CommentRow.id > after).order_by(CommentRow.id).limit(limit)
    return [comment_of(row) for row in (await session.execute(statement)).scalars()]


async def revisions_of(session: AsyncSession, comment_ids: Sequence[str]) -> dict[str, list[Revision]]:
    """The earlier texts of some comments, by comment, the newest first."""
    statement = (
        select(RevisionRow)
        .where(RevisionRow.comment_id.in_(comment_ids))
        .order_by(RevisionRow.comment_id, RevisionRow.revision.desc())
    )
    found: dict[str, list[Revision]] = {}
    for row in (await session.execute(statement)).scalars():
        found.setdefault(row.comment_id, []).append(revision_of(row))
    return found


async def drop_revisions(session: AsyncSession, comment_ids: Sequence[str]) -> int:
    """Returns: how many texts that were."""
    of_them = RevisionRow.comment_id.in_(comment_ids)
    count = await session.scalar(select(func.count()).select_from(RevisionRow).where(of_them))
    await session.execute(delete(RevisionRow).where(of_them), execution_options={"synchronize_session": False})
    return count or 0


async def forget_addresses(session: AsyncSession, now: datetime, *, limit: int = 500) -> int:
    """Erases IP address and user agent where they have been kept long enough.

    Returns:
        How many comments it touched: more than zero asks for another round.
    """
    due = select(CommentRow.id).where(CommentRow.address_until <= now).limit(limit)
    statement = (
        update(CommentRow)
        .where(CommentRow.id.in_(due))
        .values(ip="", user_agent="", address_until=None)
        .returning(CommentRow.id)
    )
    forgotten = await session.execute(statement, execution_options={"synchronize_session": False})
    return len(forgotten.all())
