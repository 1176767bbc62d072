"""Pages of comments."""

from typing import Any

from sqlalchemy import or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import Select

from services.comment.domain.comment import Comment
from services.comment.domain.viewer import Viewer
from services.comment.store.rows import comment_of
from services.comment.tables import WAITING, CommentRow
from services.storage.paging import Keyset, Page, fetch_rows

__all__ = ["thread_page", "waiting_page"]

# A path ends with the comment's id, so that it is unique.
_THREAD_ORDER = Keyset((CommentRow.path,))
_OLDEST_FIRST = Keyset((CommentRow.created_at, CommentRow.id))
# Spelled out for the partial index.
_SHOWN = text("shown > 0")
# Columns and no entities: the session's care for objects costs more than the read.
_COMMENTS = CommentRow.__table__


async def thread_page(
    session: AsyncSession, post_id: str, viewer: Viewer, *, size: int, token: str, query: bytes
) -> Page[Comment]:
    """A post's comments in thread order, as far as the viewer sees them.

    Raises:
        HamletError: INVALID_PAGE_TOKEN.
    """
    statement = select(_COMMENTS).where(CommentRow.post_id == post_id)
    if not viewer.account_id:
        statement = statement.where(_SHOWN)
    elif not viewer.moderator:
        statement = statement.where(or_(_SHOWN, CommentRow.author_id == viewer.account_id))
    # Who signs in or out between two pages sees another list.
    bound = query + f"{viewer.account_id} {viewer.moderator}".encode()
    return await _page(session, statement, _THREAD_ORDER, size=size, token=token, query=bound)


async def waiting_page(session: AsyncSession, post_id: str, *, size: int, token: str, query: bytes) -> Page[Comment]:
    """What waits for a decision, the oldest first; of all posts if `post_id` is "".

    Raises:
        HamletError: INVALID_PAGE_TOKEN.
    """
    statement = select(_COMMENTS).where(WAITING)
    if post_id:
        statement = statement.where(CommentRow.post_id == post_id)
    return await _page(session, statement, _OLDEST_FIRST, size=size, token=token, query=query)


async def _page(
    session: AsyncSession, statement: Select[*tuple[Any, ...]], keyset: Keyset, *, size: int, token: str, query: bytes
) -> Page[Comment]:
    page = await fetch_rows(session, statement, keyset, size=size, token=token, query=query)
    return Page([comment_of(row) for row in page.items], page.next_page_token)
