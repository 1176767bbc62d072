"""A session: a family of refresh tokens, of which the last one works, once (RFC 9700, section 4.14.2)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Self

__all__ = ["Lifetime", "Presented", "Session"]


@dataclass(frozen=True, slots=True)
class Lifetime:
    """
    Attributes:
        idle: how long a refresh token works.
        at_most: how long a session can be refreshed, whatever happens.
    """

    idle: timedelta
    at_most: timedelta

    def expiry(self, created_at: datetime, now: datetime) -> datetime:
        return min(now + self.idle, created_at + self.at_most)


class Presented(Enum):
    """What a refresh token of a known session turns out to be."""

    CURRENT = auto()
    OVER = auto()
    REPLAYED = auto()


@dataclass(frozen=True, slots=True)
class Session:
    """
    Attributes:
        expires_at: when its last refresh token expires.
        ended_at: when it was signed out, revoked or suspended; None while it lasts. What has ended is kept until it
            would have expired, so that its tokens are recognised.
    """

    id: str
    account_id: str
    created_at: datetime
    refreshed_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None

    @classmethod
    def start(cls, session_id: str, account_id: str, lifetime: Lifetime, now: datetime) -> Self:
        return cls(session_id, account_id, now, now, lifetime.expiry(now, now))

    def lasts(self, now: datetime) -> bool:
        return self.ended_at is None and now < self.expires_at

    def judge(self, *, used: bool, now: datetime) -> Presented:
        """
        Args:
            used: the token was exchanged before.
        """
        if not self.lasts(now):
            return Presented.OVER
        return Presented.REPLAYED if used else Presented.CURRENT

    def refreshed(self, lifetime: Lifetime, now: datetime) -> Self:
        return replace(self, refreshed_at=now, expires_at=lifetime.expiry(self.created_at, now))
