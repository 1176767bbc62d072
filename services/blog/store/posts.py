"""Posts by id, by slug, and in lists."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, Row, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from mesh.errors import ErrorReason, HamletError
from services.blog.domain.post import Draft, Post, State
from services.blog.tables import Base, PostRow, PostTagRow
from services.storage.constraints import refusing
from services.storage.paging import Keyset, Page, fetch_page

__all__ = [
    "_NEWEST_FIRST",
    "add",
    "by_slug",
    "due",
    "erase",
    "get",
    "listed",
    "purgeable",
    "save",
    "slugs_like",
    "summary",
    "whole",
]

_NEWEST_FIRST = Keyset((PostRow.sort_at, PostRow.id), descending=True)
_REASONS = {"uq_posts_slug": ErrorReason.ERROR_REASON_SLUG_TAKEN}
_WHOLE = (undefer(PostRow.body), undefer(PostRow.body_html))
# Columns and no entities, and put together once: the session's care for objects costs more than the read.
_POSTS = PostRow.__table__.c
_BY_ID = select(PostRow.__table__).where(_POSTS.id == bindparam("id"))
_BY_SLUG = select(PostRow.__table__).where(_POSTS.slug == bindparam("slug"))


async def get(session: AsyncSession, post_id: str) -> Post:
    """
    Raises:
        HamletError: POST_NOT_FOUND.
    """
    return whole((await session.execute(_BY_ID, {"id": post_id})).one_or_none())


async def by_slug(session: AsyncSession, slug: str) -> Post:
    """
    Raises:
        HamletError: POST_NOT_FOUND.
    """
    return whole((await session.execute(_BY_SLUG, {"slug": slug})).one_or_none())


async def slugs_like(session: AsyncSession, base: str) -> frozenset[str]:
    """The slugs in use that are `base` or begin with it and a dash."""
    found = await session.scalars(
        select(PostRow.slug).where((PostRow.slug == base) | PostRow.slug.startswith(f"{base}-", autoescape=True))
    )
    return frozenset(found)


async def add(session: AsyncSession, post: Post) -> None:
    """
    Raises:
        HamletError: SLUG_TAKEN.
    """
    session.add(PostRow(id=post.id, author_id=post.author_id, created_at=post.created_at, **_columns(post)))
    session.add_all(PostTagRow(tag=tag, post_id=post.id) for tag in post.draft.tags)
    with refusing(Base.metadata, _REASONS):
        await session.flush()


async def save(session: AsyncSession, before: Post, after: Post) -> None:
    """Writes what changed, if nobody else did meanwhile.

    Raises:
        HamletError: SLUG_TAKEN, CONFLICT.
    """
    statement = update(PostRow).where(PostRow.id == after.id, PostRow.version == before.version)
    with refusing(Base.metadata, _REASONS):
        done: CursorResult[object] = await session.execute(statement.values(**_columns(after)))  # type: ignore[assignment]
    if done.rowcount != 1:
        raise HamletError(ErrorReason.ERROR_REASON_CONFLICT)
    if before.draft.tags != after.draft.tags:
        await session.execute(delete(PostTagRow).where(PostTagRow.post_id == after.id))
        session.add_all(PostTagRow(tag=tag, post_id=after.id) for tag in after.draft.tags)


async def listed(
    session: AsyncSession, *, state: State, author_id: str, tag: str, size: int, token: str, query: bytes
) -> Page[PostRow]:
    """A page of posts without their texts, the newest first. Convert with `summary`."""
    statement = select(PostRow).where(PostRow.state == state)
    if author_id:
        statement = statement.where(PostRow.author_id == author_id)
    if tag:
        tagged = select(PostTagRow.post_id).where(PostTagRow.tag == tag)
        statement = statement.where(PostRow.id.in_(tagged))
    return await fetch_page(session, statement, _NEWEST_FIRST, size=size, token=token, query=query)


async def due(session: AsyncSession, now: datetime, limit: int = 50, *, lock: bool = False) -> list[Post]:
    """Scheduled posts whose time has come; `lock` keeps them from other replicas until the transaction ends."""
    statement = (
        select(PostRow)
        .where(PostRow.state == State.SCHEDULED, PostRow.sort_at <= now)
        .order_by(PostRow.sort_at)
        .limit(limit)
        .options(*_WHOLE)
    )
    if lock:
        statement = statement.with_for_update(skip_locked=True)
    return [_post(row, row.body, row.body_html) for row in await session.scalars(statement)]


async def purgeable(session: AsyncSession, now: datetime, limit: int = 50) -> Sequence[str]:
    statement = select(PostRow.id).where(PostRow.purge_at <= now).limit(limit)
    return (await session.scalars(statement)).all()


async def erase(session: AsyncSession, post_ids: Sequence[str]) -> None:
    """With revisions, tags and what they are found by, which hang on them."""
    await session.execute(delete(PostRow).where(PostRow.id.in_(post_ids)))


def summary(row: PostRow) -> Post:
    """A post of a list: without its text."""
    return _post(row, "", "")


def whole(row: "PostRow | Row[*tuple[Any, ...]] | None") -> Post:
    if row is None:
        raise HamletError(ErrorReason.ERROR_REASON_POST_NOT_FOUND)
    return _post(row, row.body, row.body_html)


def _post(row: "PostRow | Row[*tuple[Any, ...]]", body: str, body_html: str) -> Post:
    return Post(
        id=row.id,
        draft=Draft(row.slug, row.title, body, tuple(row.tags)),
        body_html=body_html,
        excerpt=row.excerpt,
        state=State(row.state),
        comments_closed=row.comments_closed,
        author_id=row.author_id,
        author_name=row.author_name,
        revision=row.revision,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        published_at=row.published_at,
        deleted_at=row.deleted_at,
        purge_at=row.purge_at,
        cover_image_url=row.cover_image_url,
        cover_image_alt=row.cover_image_alt,
    )


def _columns(post: Post) -> dict[str, object]:
    return {
        "slug": post.draft.slug,
        "title": post.draft.title,
        "body": post.draft.body,
        "tags": list(post.draft.tags),
        "body_html": post.body_html,
        "excerpt": post.excerpt,
        "state": int(post.state),
        "comments_closed": post.comments_closed,
        "author_name": post.author_name,
        "revision": post.revision,
        "version": post.version,
        "sort_at": post.sort_at,
        "updated_at": post.updated_at,
        "published_at": post.published_at,
        "deleted_at": post.deleted_at,
        "purge_at": post.purge_at,
        "cover_image_url": post.cover_image_url,
        "cover_image_alt": post.cover_image_alt,
    }
