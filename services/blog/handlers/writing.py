"""Creating and changing what a post says."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime

from hamlet.blog.v1 import post_pb2, post_service_pb2
from sqlalchemy.ext.asyncio import AsyncSession

from mesh.call import Call
from mesh.errors import ErrorReason, HamletError
from services.blog.domain.post import Draft, Post, Settings, State
from services.blog.domain.slug import candidates, slug_of
from services.blog.handlers.visibility import require_author
from services.blog.store import posts, revisions, search
from services.blog.tables import keys
from services.markup import Profile, excerpt, rendered
from services.storage.database import Database
from services.storage.etag import require_etag
from services.storage.ids import uuid7

__all__ = ["Writing"]

Present = Callable[[Post], post_pb2.Post]
_SETTINGS = frozenset(field.name for field in fields(Settings))


@dataclass(frozen=True, slots=True)
class Writing:
    """
    Attributes:
        present: makes the answer, which an idempotent RPC keeps.
        etag: of a post.
    """

    database: Database
    present: Present
    etag: Callable[[Post], str]

    async def create(
        self, call: Call, request: post_service_pb2.CreatePostRequest, draft: Draft, settings: Settings
    ) -> post_pb2.Post:
        """
        Raises:
            HamletError: SLUG_TAKEN; for the request id as `IdempotencyKeys.once`.
        """
        author = call.require_principal()
        body_html, beginning, now = await rendered(draft.body, Profile.POST), excerpt(draft.body), datetime.now(UTC)

        async def effect(session: AsyncSession) -> post_pb2.Post:
            post = Post(
                id=uuid7(),
                draft=await _with_slug(session, draft),
                body_html=body_html,
                excerpt=beginning,
                state=State.DRAFT,
                comments_closed=settings.comments_closed,
                cover_image_url=settings.cover_image_url,
                cover_image_alt=settings.cover_image_alt,
                author_id=author.account_id,
                author_name=author.name,
                revision=1,
                version=1,
                created_at=now,
                updated_at=now,
            )
            await posts.add(session, post)
            revisions.add(session, post, author.account_id)
            return self.present(post)

        return await keys.once(self.database, call, request, post_pb2.Post, effect)

    async def update(
        self, call: Call, post_id: str, changes: frozenset[str], wanted: Draft, settings: Settings, *, etag: str
    ) -> Post:
        """Changes the named fields; a new draft is a new revision.

        Raises:
            HamletError: POST_NOT_FOUND, NOT_OWNER, ETAG_MISMATCH, SLUG_TAKEN, INVALID_REQUEST for an empty title.
        """
        if "title" in changes and not wanted.title.strip():
            raise HamletError(ErrorReason.ERROR_REASON_INVALID_UPDATE_MASK, metadata={"field": "title"})
        body_html = await rendered(wanted.body, Profile.POST) if "body" in changes else ""
        async with self.database.write() as session:
            post = await posts.get(session, post_id)
            require_author(call, post)
            require_etag(etag, self.etag(post))
            draft = replace(post.draft, **{name: getattr(wanted, name) for name in changes - _SETTINGS})
            if not draft.slug:
                draft = await _with_slug(session, draft)
            changed = replace(post, draft=draft, **{name: getattr(settings, name) for name in changes & _SETTINGS})
            if "body" in changes:
                changed = replace(changed, body_html=body_html, excerpt=excerpt(draft.body))
            return await write_change(session, call, post, changed)


async def write_change(session: AsyncSession, call: Call, before: Post, after: Post) -> Post:
    """Stores a changed draft as a new revision; other settings make none, and no change writes nothing."""
    if after == before:
        return before
    now = datetime.now(UTC)
    number = before.revision + (after.draft != before.draft)
    after = replace(after, revision=number, version=before.version + 1, updated_at=now)
    await posts.save(session, before, after)
    if after.revision != before.revision:
        revisions.add(session, after, call.require_principal().account_id)
        await search.keep_in_step(session, after)
    return after


async def _with_slug(session: AsyncSession, draft: Draft) -> Draft:
    if draft.slug:
        return draft
    return replace(draft, slug=candidates(draft.title, await posts.slugs_like(session, slug_of(draft.title))))
