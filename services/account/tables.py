"""The tables of the account service."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.storage.idempotency import IdempotencyKeys
from services.storage.outbox import Outbox
from services.storage.schema import new_metadata
from services.storage.types import UtcDateTime, bytewise_text, id_text

__all__ = [
    "AccountRow",
    "AttemptsRow",
    "Base",
    "LockRow",
    "RefreshTokenRow",
    "SessionRow",
    "SigningKeyRow",
    "keys",
    "outbox",
]


class Base(DeclarativeBase):
    metadata = new_metadata()


class AccountRow(Base):
    """See `domain.account.Account`."""

    __tablename__ = "accounts"
    __table_args__ = (
        UniqueConstraint("username"),
        UniqueConstraint("email_key"),
        # Lists of a role, and who else is an administrator.
        Index("ix_accounts_role", "role", "id"),
        Index(
            "ix_accounts_suspended",
            "id",
            sqlite_where=text("suspended = 1"),
            postgresql_where=text("suspended"),
        ),
    )
    id: Mapped[str] = mapped_column(id_text(), primary_key=True)
    username: Mapped[str] = mapped_column(bytewise_text(32))
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(bytewise_text(254))
    """The address by which it is found and is unique: `domain.account.email_key`."""
    display_name: Mapped[str] = mapped_column(String(80))
    website: Mapped[str] = mapped_column(String(2048))
    role: Mapped[int] = mapped_column(SmallInteger())
    suspended: Mapped[bool]
    suspended_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime())
    version: Mapped[int]
    password_hash: Mapped[str] = mapped_column(String(255))
    device_key: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """See `domain.device`; None until somebody signs in."""


class SessionRow(Base):
    """See `domain.session.Session`. Says nothing of where a person signs in from."""

    __tablename__ = "sessions"
    id: Mapped[str] = mapped_column(id_text(), primary_key=True)
    account_id: Mapped[str] = mapped_column(id_text(), ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    refreshed_at: Mapped[datetime] = mapped_column(UtcDateTime())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class RefreshTokenRow(Base):
    """Every token of a session, for a replayed one has to be recognised as long as the session lasts."""

    __tablename__ = "refresh_tokens"
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    """SHA-256; the token itself is 256 random bits, so that a slow hash would add nothing."""
    session_id: Mapped[str] = mapped_column(id_text(), ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    used: Mapped[bool]


class AttemptsRow(Base):
    """See `domain.attempts.Attempts`."""

    __tablename__ = "sign_in_attempts"
    subject: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    """SHA-256 of whom or whence; see `store.attempts`."""
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)
    blocked_until: Mapped[datetime] = mapped_column(UtcDateTime())
    """What the version before this one looks at; always past."""


class SigningKeyRow(Base):
    """See `domain.signing.KeyTimes`."""

    __tablename__ = "signing_keys"
    kid: Mapped[str] = mapped_column(bytewise_text(64), primary_key=True)
    private_key: Mapped[bytes] = mapped_column(LargeBinary())
    """PKCS #8 in PEM, encrypted if the operator set a secret."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    active_at: Mapped[datetime] = mapped_column(UtcDateTime())


class LockRow(Base):
    """A row is a lock on what no single row stands for."""

    __tablename__ = "locks"
    name: Mapped[str] = mapped_column(bytewise_text(40), primary_key=True)


keys = IdempotencyKeys(Base.metadata)
outbox = Outbox(Base.metadata)
