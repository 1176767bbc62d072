"""A person who can sign in."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum
from typing import Any, Self

from mesh.errors import ErrorReason, HamletError

__all__ = ["Account", "Role", "email_key", "login_key"]


class Role(IntEnum):
    """What an account may do; each includes those before it. The numbers are the contract's."""

    READER = 1
    AUTHOR = 2
    MODERATOR = 3
    ADMIN = 4


@dataclass(frozen=True, slots=True)
class Account:
    """
    Attributes:
        display_name: "" if it was never set; see `name`.
        suspended_until: when the suspension ends by itself; None for never, and without meaning unless `suspended`.
        version: grows with every change.
    """

    id: str
    username: str
    email: str
    display_name: str
    website: str
    role: Role
    suspended: bool
    suspended_until: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int

    @classmethod
    def new(cls, account_id: str, username: str, email: str, display_name: str, role: Role, now: datetime) -> Self:
        return cls(account_id, username, email, display_name, "", role, False, None, now, now, 1)

    @property
    def name(self) -> str:
        """What readers see."""
        return self.display_name or self.username

    def is_suspended(self, now: datetime) -> bool:
        return self.suspended and (self.suspended_until is None or now < self.suspended_until)

    def administers(self, now: datetime) -> bool:
        """Whether it can administer accounts, which a suspended administrator cannot."""
        return self.role is Role.ADMIN and not self.is_suspended(now)

    def require_active(self, now: datetime) -> None:
        """
        Raises:
            HamletError: ACCOUNT_SUSPENDED, with `until` (RFC 3339) if that ends by itself.
        """
        if not self.is_suspended(now):
            return
        until = {} if self.suspended_until is None else {"until": _rfc3339(self.suspended_until)}
        raise HamletError(ErrorReason.ERROR_REASON_ACCOUNT_SUSPENDED, metadata=until)

    def changed(self, now: datetime, **changes: Any) -> Self:
        return replace(self, updated_at=now, version=self.version + 1, **changes)

    def suspended_from(self, now: datetime, until: datetime | None) -> Self:
        return self.changed(now, suspended=True, suspended_until=until)

    def unsuspended(self, now: datetime) -> Self:
        """Itself if there is nothing to end."""
        return self.changed(now, suspended=False, suspended_until=None) if self.suspended else self


def email_key(email: str) -> str:
    """What two spellings of one address have in common. The contract admits ASCII addresses only."""
    return email.lower()


def login_key(login: str) -> str:
    """An address or a username as it is looked up."""
    return login.strip().lower()


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
