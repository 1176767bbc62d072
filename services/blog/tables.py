"""The tables of the blog service."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, SmallInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.storage.idempotency import IdempotencyKeys
from services.storage.schema import new_metadata
from services.storage.types import UtcDateTime, bytewise_text, id_text

__all__ = ["Base", "PostRow", "PostTagRow", "PostTextRow", "PostWordRow", "RevisionRow", "keys"]


class Base(DeclarativeBase):
    metadata = new_metadata()


class PostRow(Base):
    """See `domain.post.Post`."""

    __tablename__ = "posts"
    __table_args__ = (
        UniqueConstraint("slug"),
        # Lists, the newest first: of a state, and of an author.
        Index("ix_posts_listed", "state", "sort_at", "id"),
        Index("ix_posts_author", "author_id", "state", "sort_at", "id"),
        Index("ix_posts_purge", "purge_at"),
    )
    id: Mapped[str] = mapped_column(id_text(), primary_key=True)
    slug: Mapped[str] = mapped_column(bytewise_text(100))
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text(), deferred=True)
    body_html: Mapped[str] = mapped_column(Text(), deferred=True)
    excerpt: Mapped[str] = mapped_column(String(400))
    tags: Mapped[list[str]] = mapped_column(JSON())
    state: Mapped[int] = mapped_column(SmallInteger())
    comments_closed: Mapped[bool]
    author_id: Mapped[str] = mapped_column(id_text())
    author_name: Mapped[str] = mapped_column(String(80))
    revision: Mapped[int]
    version: Mapped[int]
    sort_at: Mapped[datetime] = mapped_column(UtcDateTime())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime())
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    purge_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    # With a default, because the version before writes posts without them.
    cover_image_url: Mapped[str] = mapped_column(String(2048), server_default="")
    cover_image_alt: Mapped[str] = mapped_column(String(500), server_default="")


class RevisionRow(Base):
    """See `domain.post.Revision`."""

    __tablename__ = "post_revisions"
    post_id: Mapped[str] = mapped_column(id_text(), ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    slug: Mapped[str] = mapped_column(bytewise_text(100))
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text(), deferred=True)
    tags: Mapped[list[str]] = mapped_column(JSON())
    author_id: Mapped[str] = mapped_column(id_text(), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())


class PostTagRow(Base):
    __tablename__ = "post_tags"
    tag: Mapped[str] = mapped_column(bytewise_text(40), primary_key=True)
    post_id: Mapped[str] = mapped_column(
        id_text(), ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class PostWordRow(Base):
    """See `domain.words.Index`: one row for each word of a published post."""

    __tablename__ = "post_words"
    word: Mapped[str] = mapped_column(bytewise_text(40), primary_key=True)
    post_id: Mapped[str] = mapped_column(
        id_text(), ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    weight: Mapped[int]


class PostTextRow(Base):
    """All words of a published post in order, for phrases."""

    __tablename__ = "post_texts"
    post_id: Mapped[str] = mapped_column(id_text(), ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    words: Mapped[str] = mapped_column(Text())


keys = IdempotencyKeys(Base.metadata)
