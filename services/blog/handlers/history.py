"""A post's revisions."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from mesh.call import Call
from services.blog.domain.post import Post, Revision
from services.blog.handlers.visibility import require_author
from services.blog.handlers.writing import write_change
from services.blog.store import posts, revisions
from services.markup import Profile, excerpt, rendered
from services.storage.database import Database
from services.storage.etag import require_etag
from services.storage.paging import Page

__all__ = ["History"]


@dataclass(frozen=True, slots=True)
class History:
    database: Database
    etag: Callable[[Post], str]

    async def page(self, call: Call, post_id: str, *, size: int, token: str, query: bytes) -> Page[Revision]:
        """
        Raises:
            HamletError: POST_NOT_FOUND, NOT_OWNER, INVALID_PAGE_TOKEN.
        """
        async with self.database.read() as session:
            require_author(call, await posts.get(session, post_id))
            page = await revisions.listed(session, post_id, size=size, token=token, query=query)
        return Page([revisions.summary(row) for row in page.items], page.next_page_token)

    async def get(self, call: Call, post_id: str, number: int) -> Revision:
        """
        Raises:
            HamletError: POST_NOT_FOUND, NOT_OWNER, REVISION_NOT_FOUND.
        """
        async with self.database.read() as session:
            require_author(call, await posts.get(session, post_id))
            return await revisions.get(session, post_id, number)

    async def restore(self, call: Call, post_id: str, number: int, etag: str) -> Post:
        """
        Raises:
            HamletError: as `get`; ETAG_MISMATCH, SLUG_TAKEN.
        """
        old = await self.get(call, post_id, number)
        body_html = await rendered(old.draft.body, Profile.POST)
        async with self.database.write() as session:
            post = await posts.get(session, post_id)
            require_author(call, post)
            require_etag(etag, self.etag(post))
            restored = replace(post, draft=old.draft, body_html=body_html, excerpt=excerpt(old.draft.body))
            return await write_change(session, call, post, restored)
