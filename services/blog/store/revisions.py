"""A post's history."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from mesh.errors import ErrorReason, HamletError
from services.blog.domain.post import Draft, Post, Revision
from services.blog.tables import RevisionRow
from services.storage.paging import Keyset, Page, fetch_page

__all__ = ["add", "get", "listed", "summary"]

_NEWEST_FIRST = Keyset((RevisionRow.number,), descending=True)


def add(session: AsyncSession, post: Post, author_id: str) -> None:
    """Keeps the post's draft as its newest revision."""
    session.add(
        RevisionRow(
            post_id=post.id,
            number=post.revision,
            slug=post.draft.slug,
            title=post.draft.title,
            body=post.draft.body,
            tags=list(post.draft.tags),
            author_id=author_id,
            created_at=post.updated_at,
        )
    )


async def get(session: AsyncSession, post_id: str, number: int) -> Revision:
    """
    Raises:
        HamletError: REVISION_NOT_FOUND.
    """
    row = await session.get(RevisionRow, (post_id, number), options=[undefer(RevisionRow.body)])
    if row is None:
        raise HamletError(ErrorReason.ERROR_REASON_REVISION_NOT_FOUND)
    return _revision(row, row.body)


async def listed(session: AsyncSession, post_id: str, *, size: int, token: str, query: bytes) -> Page[RevisionRow]:
    """A page without the texts. Convert with `summary`."""
    statement = select(RevisionRow).where(RevisionRow.post_id == post_id)
    return await fetch_page(session, statement, _NEWEST_FIRST, size=size, token=token, query=query)


def summary(row: RevisionRow) -> Revision:
    return _revision(row, "")


def _revision(row: RevisionRow, body: str) -> Revision:
    return Revision(
        row.post_id, row.number, Draft(row.slug, row.title, body, tuple(row.tags)), row.author_id, row.created_at
    )
