"""Comments and their revisions, one at a time."""

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from mesh.errors import ErrorReason, HamletError
from services.comment.domain.comment import Comment, Revision
from services.comment.store.rows import comment_of, revision_of, values_of
from services.comment.tables import CommentRow, RevisionRow

__all__ = ["add", "add_revision", "find", "get", "require_parent", "revisions_of", "save"]

_MOST_REVISIONS = 1000
_BY_ID = select(CommentRow.__table__).where(CommentRow.__table__.c.id == bindparam("id"))


async def find(session: AsyncSession, comment_id: str) -> Comment | None:
    row = (await session.execute(_BY_ID, {"id": comment_id.lower()})).one_or_none()
    return None if row is None else comment_of(row)


async def get(session: AsyncSession, comment_id: str) -> Comment:
    """
    Raises:
        HamletError: COMMENT_NOT_FOUND.
    """
    comment = await find(session, comment_id)
    if comment is None:
        raise HamletError(ErrorReason.ERROR_REASON_COMMENT_NOT_FOUND)
    return comment


async def require_parent(session: AsyncSession, post_id: str, parent_id: str) -> Comment:
    """A comment of the post, in whatever state.

    Raises:
        HamletError: PARENT_NOT_FOUND.
    """
    parent = await find(session, parent_id)
    if parent is None or parent.post_id != post_id:
        raise HamletError(ErrorReason.ERROR_REASON_PARENT_NOT_FOUND)
    return parent


async def add(session: AsyncSession, comment: Comment) -> None:
    await session.execute(insert(CommentRow).values(**values_of(comment)))


async def save(session: AsyncSession, before: Comment, after: Comment) -> None:
    """Writes what differs.

    Raises:
        HamletError: CONFLICT if the comment is not as it was read.
    """
    old, new = values_of(before), values_of(after)
    changed = {name: value for name, value in new.items() if value != old[name]}
    if not changed:
        return
    unchanged_since = (CommentRow.id == before.id) & (CommentRow.version == before.version)
    saved = await session.execute(
        update(CommentRow).where(unchanged_since).values(**changed).returning(CommentRow.id),
        execution_options={"synchronize_session": False},
    )
    if saved.first() is None:
        raise HamletError(ErrorReason.ERROR_REASON_CONFLICT)


async def add_revision(session: AsyncSession, of: Comment) -> None:
    """Keeps the present text of a comment that is about to get another."""
    statement = insert(RevisionRow).values(comment_id=of.id, revision=of.revision, text=of.text, created_at=of.text_at)
    await session.execute(statement)


async def revisions_of(session: AsyncSession, comment_id: str) -> list[Revision]:
    """The earlier texts, the newest first."""
    statement = (
        select(RevisionRow)
        .where(RevisionRow.comment_id == comment_id)
        .order_by(RevisionRow.revision.desc())
        .limit(_MOST_REVISIONS)
    )
    rows = (await session.execute(statement)).scalars()
    return [revision_of(row) for row in rows]
