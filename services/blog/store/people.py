"""What is kept of a person."""

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from services.blog.domain.post import Post
from services.blog.store.posts import whole
from services.blog.tables import PostRow, RevisionRow

__all__ = ["erase", "posts_of", "revisions_of"]


async def posts_of(session: AsyncSession, account_id: str, after: str = "", limit: int = 50) -> list[Post]:
    """Their posts in every state, by id."""
    statement = (
        select(PostRow)
        .where(PostRow.author_id == account_id, PostRow.id > after)
        .order_by(PostRow.id)
        .limit(limit)
        .options(undefer(PostRow.body), undefer(PostRow.body_html))
    )
    return [whole(row) for row in await session.scalars(statement)]


async def revisions_of(session: AsyncSession, post_ids: Sequence[str]) -> list[RevisionRow]:
    """All revisions of posts, with their texts."""
    statement = (
        select(RevisionRow)
        .where(RevisionRow.post_id.in_(post_ids))
        .order_by(RevisionRow.post_id, RevisionRow.number)
        .options(undefer(RevisionRow.body))
    )
    return list(await session.scalars(statement))


async def erase(session: AsyncSession, account_id: str) -> int:
    """Their posts with all that hangs on them, and their name on changes of other people's posts. Returns how many."""
    posts = list(await session.scalars(select(PostRow.id).where(PostRow.author_id == account_id)))
    await session.execute(delete(PostRow).where(PostRow.author_id == account_id))
    named = update(RevisionRow).where(RevisionRow.author_id == account_id).values(author_id="")
    changed = await session.execute(named.returning(RevisionRow.post_id))
    return len(posts) + len(changed.all())
