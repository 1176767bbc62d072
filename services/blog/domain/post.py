"""A post, and how it may change."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum

from mesh.errors import ErrorReason, HamletError

__all__ = [
    "Draft",
    "Post",
    "Revision",
    "Settings",
    "State",
    "deleted",
    "published",
    "scheduled",
    "undeleted",
    "unpublished",
]


class State(IntEnum):
    """The numbers are those of the contract, and of the database."""

    DRAFT = 1
    SCHEDULED = 2
    PUBLISHED = 3
    DELETED = 4


@dataclass(frozen=True, slots=True)
class Draft:
    """What an author writes, and what a revision keeps."""

    slug: str
    title: str
    body: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """What an author sets beside the draft; no revision keeps it."""

    comments_closed: bool = False
    cover_image_url: str = ""
    cover_image_alt: str = ""


@dataclass(frozen=True, slots=True)
class Post:
    """
    Attributes:
        revision: counts the changes of the draft.
        version: counts all changes; the etag is made of it.
        published_at: when readers could first see it, or when it goes out.
    """

    id: str
    draft: Draft
    body_html: str
    excerpt: str
    state: State
    comments_closed: bool
    author_id: str
    author_name: str
    revision: int
    version: int
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None = None
    deleted_at: datetime | None = None
    purge_at: datetime | None = None
    cover_image_url: str = ""
    cover_image_alt: str = ""

    @property
    def sort_at(self) -> datetime:
        """Where it stands in lists: by when readers could see it first, a draft by when it was begun."""
        return self.published_at or self.created_at


@dataclass(frozen=True, slots=True)
class Revision:
    """A post's draft as it was after one change."""

    post_id: str
    number: int
    draft: Draft
    author_id: str
    created_at: datetime


def published(post: Post, now: datetime) -> Post:
    """
    Raises:
        HamletError: POST_STATE_CONFLICT for a deleted or an empty post.
    """
    if post.state == State.PUBLISHED:
        return post
    _require(post, State.DRAFT, State.SCHEDULED)
    _require_content(post)
    first = post.published_at if post.state == State.DRAFT and post.published_at else now
    return _changed(post, now, state=State.PUBLISHED, published_at=min(first, now))


def unpublished(post: Post, now: datetime) -> Post:
    """
    Raises:
        HamletError: POST_STATE_CONFLICT for a deleted post.
    """
    if post.state == State.DRAFT:
        return post
    _require(post, State.PUBLISHED, State.SCHEDULED)
    kept = post.published_at if post.state == State.PUBLISHED else None
    return _changed(post, now, state=State.DRAFT, published_at=kept)


def scheduled(post: Post, at: datetime, now: datetime) -> Post:
    """
    Raises:
        HamletError: POST_STATE_CONFLICT for a post that is published, deleted or empty.
    """
    _require(post, State.DRAFT, State.SCHEDULED)
    _require_content(post)
    return _changed(post, now, state=State.SCHEDULED, published_at=at)


def deleted(post: Post, now: datetime, kept: timedelta) -> Post:
    if post.state == State.DELETED:
        return post
    return _changed(post, now, state=State.DELETED, deleted_at=now, purge_at=now + kept)


def undeleted(post: Post, now: datetime) -> Post:
    """Back as a draft, so that nothing appears to readers unasked."""
    if post.state != State.DELETED:
        return post
    return _changed(post, now, state=State.DRAFT, deleted_at=None, purge_at=None)


def _changed(post: Post, now: datetime, **changes: object) -> Post:
    return replace(post, version=post.version + 1, updated_at=now, **changes)  # type: ignore[arg-type]


def _require(post: Post, *states: State) -> None:
    if post.state not in states:
        raise HamletError(ErrorReason.ERROR_REASON_POST_STATE_CONFLICT, metadata={"state": post.state.name})


def _require_content(post: Post) -> None:
    if not post.draft.title.strip() or not post.draft.body.strip():
        raise HamletError(
            ErrorReason.ERROR_REASON_POST_STATE_CONFLICT,
            metadata={"state": post.state.name, "missing": "title and text"},
        )
