"""The tables of the comment service."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, SmallInteger, String, Text, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.storage.idempotency import IdempotencyKeys
from services.storage.outbox import Outbox
from services.storage.schema import new_metadata
from services.storage.types import UtcDateTime, bytewise_text, id_text

__all__ = ["WAITING", "Base", "CommentRow", "EventRow", "RevisionRow", "ThreadRow", "keys", "outbox"]

# States PENDING and HELD; spelled out, because SQLite uses a partial index only for the very words of its condition.
WAITING = text("state IN (1, 3)")


class Base(DeclarativeBase):
    metadata = new_metadata()


class ThreadRow(Base):
    """One row a post, locked by every transaction that changes something under it.

    That gives its events numbers without gaps in the order of their commits, and lets what readers see of a comment be
    computed from its surroundings.
    """

    __tablename__ = "threads"
    post_id: Mapped[str] = mapped_column(id_text(), primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger())
    """The number of the last event."""
    purged: Mapped[int] = mapped_column(BigInteger())
    """The number of the last event that is no longer kept."""


class CommentRow(Base):
    """See `domain.comment.Comment`."""

    __tablename__ = "comments"
    __table_args__ = (
        # Thread order, and the subtree of a comment.
        UniqueConstraint("post_id", "path"),
        # What readers see, in thread order.
        Index(
            "ix_comments_shown", "post_id", "path", sqlite_where=text("shown > 0"), postgresql_where=text("shown > 0")
        ),
        Index("ix_comments_waiting", "created_at", "id", sqlite_where=WAITING, postgresql_where=WAITING),
        Index(
            "ix_comments_post_waiting", "post_id", "created_at", "id", sqlite_where=WAITING, postgresql_where=WAITING
        ),
        Index("ix_comments_author", "author_id", "id"),
    )
    id: Mapped[str] = mapped_column(id_text(), primary_key=True)
    post_id: Mapped[str] = mapped_column(id_text(), ForeignKey("threads.post_id"))
    parent_id: Mapped[str] = mapped_column(id_text())
    path: Mapped[str] = mapped_column(bytewise_text(512))
    depth: Mapped[int] = mapped_column(SmallInteger())
    author_id: Mapped[str] = mapped_column(id_text())
    author_name: Mapped[str] = mapped_column(String(80))
    author_email: Mapped[str] = mapped_column(String(254))
    author_url: Mapped[str] = mapped_column(String(2048))
    ip: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(1024))
    text: Mapped[str] = mapped_column(Text())
    text_html: Mapped[str] = mapped_column(Text())
    state: Mapped[int] = mapped_column(SmallInteger())
    decision: Mapped[int] = mapped_column(SmallInteger())
    verdict: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    revision: Mapped[int]
    version: Mapped[int]
    shown: Mapped[int] = mapped_column(SmallInteger())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime())
    text_at: Mapped[datetime] = mapped_column(UtcDateTime())
    address_until: Mapped[datetime | None] = mapped_column(UtcDateTime(), index=True)
    text_until: Mapped[datetime | None] = mapped_column(UtcDateTime(), index=True)


class RevisionRow(Base):
    """An earlier text of a comment."""

    __tablename__ = "comment_revisions"
    comment_id: Mapped[str] = mapped_column(id_text(), ForeignKey("comments.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())


class EventRow(Base):
    """Something that readers of a post were shown. What it says of the comment is read when it is sent."""

    __tablename__ = "events"
    post_id: Mapped[str] = mapped_column(id_text(), ForeignKey("threads.post_id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger(), primary_key=True)
    type: Mapped[int] = mapped_column(SmallInteger())
    comment_id: Mapped[str] = mapped_column(id_text())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)


keys = IdempotencyKeys(Base.metadata)
outbox = Outbox(Base.metadata)
