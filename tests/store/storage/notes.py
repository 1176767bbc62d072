"""A small service's tables, to try the storage habits on."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.storage.idempotency import IdempotencyKeys
from services.storage.outbox import Outbox
from services.storage.schema import new_metadata
from services.storage.types import UtcDateTime, bytewise_text, id_text


class Base(DeclarativeBase):
    metadata = new_metadata()


class Note(Base):
    __tablename__ = "notes"
    __table_args__ = (UniqueConstraint("slug"), CheckConstraint("rank >= 0", name="rank"))

    id: Mapped[str] = mapped_column(id_text(), primary_key=True)
    slug: Mapped[str] = mapped_column(bytewise_text(60))
    rank: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    parent_id: Mapped[str | None] = mapped_column(id_text(), ForeignKey("notes.id"))


keys = IdempotencyKeys(Base.metadata)
outbox = Outbox(Base.metadata)
