"""What becomes of a post: published, scheduled, deleted, and back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mesh.call import Call
from services.blog.domain import post as rules
from services.blog.domain.post import Post
from services.blog.handlers.visibility import require_author
from services.blog.settings import BlogSettings
from services.blog.store import posts, search
from services.storage.database import Database
from services.storage.etag import require_etag

__all__ = ["Lifecycle"]

Rule = Callable[[Post, datetime], Post]


@dataclass(frozen=True, slots=True)
class Lifecycle:
    database: Database
    settings: BlogSettings
    etag: Callable[[Post], str]

    async def publish(self, call: Call, post_id: str, etag: str = "") -> Post:
        return await self._change(call, post_id, rules.published, etag)

    async def unpublish(self, call: Call, post_id: str, etag: str = "") -> Post:
        return await self._change(call, post_id, rules.unpublished, etag)

    async def schedule(self, call: Call, post_id: str, at: datetime, etag: str = "") -> Post:
        return await self._change(call, post_id, lambda post, now: rules.scheduled(post, at, now), etag)

    async def delete(self, call: Call, post_id: str, etag: str = "") -> Post:
        kept = timedelta(seconds=self.settings.undelete_window)
        return await self._change(call, post_id, lambda post, now: rules.deleted(post, now, kept), etag)

    async def undelete(self, call: Call, post_id: str, etag: str = "") -> Post:
        return await self._change(call, post_id, rules.undeleted, etag)

    async def _change(self, call: Call, post_id: str, rule: Rule, etag: str) -> Post:
        """
        Raises:
            HamletError: POST_NOT_FOUND, NOT_OWNER, ETAG_MISMATCH; POST_STATE_CONFLICT where the rule says so.
        """
        async with self.database.write() as session:
            before = await posts.get(session, post_id)
            require_author(call, before)
            require_etag(etag, self.etag(before))
            after = rule(before, datetime.now(UTC))
            if after != before:
                await posts.save(session, before, after)
                await search.keep_in_step(session, after)
            return after
