"""What readers see."""

from dataclasses import dataclass

from mesh.call import Call
from mesh.policy import Role
from services.blog.domain.post import Post, State
from services.blog.domain.words import query_of
from services.blog.handlers.visibility import require_visible
from services.blog.store import posts, search
from services.storage.database import Database
from services.storage.paging import Page

__all__ = ["Reading"]


@dataclass(frozen=True, slots=True)
class Reading:
    database: Database

    async def get(self, call: Call, post_id: str) -> Post:
        """
        Raises:
            HamletError: POST_NOT_FOUND.
        """
        async with self.database.read() as session:
            post = await posts.get(session, post_id)
        require_visible(call, post)
        return post

    async def look_up(self, call: Call, slug: str) -> Post:
        """
        Raises:
            HamletError: POST_NOT_FOUND.
        """
        async with self.database.read() as session:
            post = await posts.by_slug(session, slug)
        require_visible(call, post)
        return post

    async def page(
        self, call: Call, *, state: State, author_id: str, tag: str, size: int, token: str, query: bytes
    ) -> Page[Post]:
        """Published posts of everybody; of the other states one's own, or everybody's for a moderator.

        Raises:
            HamletError: INVALID_PAGE_TOKEN; UNAUTHENTICATED for another state, or `me`, of nobody.
        """
        if author_id == "me":
            author_id = call.require_principal().account_id
        if state != State.PUBLISHED:
            principal = call.require_principal()
            if not principal.has_role(Role.ROLE_MODERATOR):
                if author_id and author_id != principal.account_id:
                    return Page([], "")
                author_id = principal.account_id
        async with self.database.read() as session:
            page = await posts.listed(
                session, state=state, author_id=author_id, tag=tag, size=size, token=token, query=query
            )
        return Page([posts.summary(row) for row in page.items], page.next_page_token)

    async def search(self, text: str, *, size: int, token: str, query: bytes) -> Page[Post]:
        """
        Raises:
            HamletError: INVALID_PAGE_TOKEN.
        """
        wanted = query_of(text)
        if not wanted.words:
            return Page([], "")
        async with self.database.scan() as session:
            page = await search.find(session, wanted, size=size, token=token, query=query)
        return Page([posts.summary(row) for row in page.items], page.next_page_token)
