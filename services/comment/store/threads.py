"""What is around a comment, and the numbering of what readers are shown. The caller holds the lock of the post."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, exists, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from services.comment.domain.comment import Shown, State
from services.comment.domain.thread import after_replies, paths_above
from services.comment.domain.visibility import EventType, Member
from services.comment.tables import CommentRow, EventRow, ThreadRow

__all__ = ["above", "below", "has_whole_below", "lock", "publish", "set_shown"]


async def lock(session: AsyncSession, post_id: str) -> None:
    """Lets one transaction at a time change what is under a post. The first thing a writer does after its key."""
    dialect = session.get_bind().dialect.name
    insert_into = sqlite.insert if dialect == "sqlite" else postgresql.insert
    await session.execute(insert_into(ThreadRow).values(post_id=post_id, sequence=0, purged=0).on_conflict_do_nothing())
    await session.execute(select(ThreadRow.post_id).where(ThreadRow.post_id == post_id).with_for_update())


async def above(session: AsyncSession, post_id: str, path: str) -> list[Member]:
    """The ancestors, the topmost first."""
    paths = paths_above(path)
    if not paths:
        return []
    statement = _members.where(CommentRow.post_id == post_id, CommentRow.path.in_(paths)).order_by(CommentRow.path)
    return [Member(id_, at, State(state), Shown(shown)) for id_, at, state, shown in await session.execute(statement)]


async def below(session: AsyncSession, post_id: str, path: str) -> list[Member]:
    """All replies and their replies, in thread order."""
    statement = _members.where(*_is_below(post_id, path)).order_by(CommentRow.path)
    return [Member(id_, at, State(state), Shown(shown)) for id_, at, state, shown in await session.execute(statement)]


async def has_whole_below(session: AsyncSession, post_id: str, path: str) -> bool:
    found = exists().where(*_is_below(post_id, path), CommentRow.shown == int(Shown.WHOLE))
    return bool(await session.scalar(select(found)))


async def set_shown(session: AsyncSession, changes: Mapping[Shown, Sequence[str]]) -> None:
    """Args: changes: ids by what readers see of them from now on."""
    for shown, ids in changes.items():
        for start in range(0, len(ids), _AT_ONCE):
            chosen = CommentRow.id.in_(ids[start : start + _AT_ONCE])
            await session.execute(
                update(CommentRow).where(chosen).values(shown=int(shown)),
                execution_options={"synchronize_session": False},
            )


async def publish(session: AsyncSession, post_id: str, events: Sequence[tuple[EventType, str]], now: datetime) -> None:
    """Numbers events, (type, comment id), and keeps them for watches."""
    if not events:
        return
    count = len(events)
    last = await session.scalar(
        update(ThreadRow)
        .where(ThreadRow.post_id == post_id)
        .values(sequence=ThreadRow.sequence + count)
        .returning(ThreadRow.sequence),
        execution_options={"synchronize_session": False},
    )
    assert last is not None  # noqa: S101
    rows = [
        {"post_id": post_id, "sequence": last - count + number, "type": int(kind), "comment_id": id_, "created_at": now}
        for number, (kind, id_) in enumerate(events, start=1)
    ]
    await session.execute(insert(EventRow), rows)


_AT_ONCE = 500
_members = select(CommentRow.id, CommentRow.path, CommentRow.state, CommentRow.shown)


def _is_below(post_id: str, path: str) -> tuple[ColumnElement[bool], ...]:
    return CommentRow.post_id == post_id, CommentRow.path > path, CommentRow.path < after_replies(path)
