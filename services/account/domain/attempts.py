"""How failed sign-ins slow down those that follow, without ever locking anybody out for good."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

__all__ = ["Attempts", "Patience"]


@dataclass(frozen=True, slots=True)
class Patience:
    """
    Attributes:
        free: failures that cost nothing.
        first: the wait after the next one; doubled with each further one.
        at_most: the longest wait.
        forgotten_after: without a failure for so long, all are forgotten.
    """

    free: int
    first: timedelta
    at_most: timedelta
    forgotten_after: timedelta

    def wait(self, failures: int) -> timedelta:
        if failures <= self.free:
            return timedelta(0)
        # The exponent is bounded because failures are not.
        doubled: timedelta = self.first * 2 ** min(failures - self.free - 1, 32)
        return min(self.at_most, doubled)


@dataclass(frozen=True, slots=True)
class Attempts:
    """Attempts that failed or are under way, of an account or from an address."""

    failures: int
    last_at: datetime
    blocked_until: datetime

    def wait(self, now: datetime) -> timedelta:
        """How long until the next attempt is admitted."""
        return max(timedelta(0), self.blocked_until - now)

    def with_another(self, patience: Patience, now: datetime) -> "Attempts":
        """An attempt counts as failed from its beginning, so that many at once are as slow as one after the other."""
        before = 0 if now - self.last_at >= patience.forgotten_after else self.failures
        return Attempts(before + 1, now, now + patience.wait(before + 1))

    def without_one(self) -> "Attempts":
        """An attempt that turned out not to fail. What those before it have cost stays."""
        return replace(self, failures=max(0, self.failures - 1))

    @classmethod
    def none(cls, now: datetime) -> "Attempts":
        return cls(0, now, now)
