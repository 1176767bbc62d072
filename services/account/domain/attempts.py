"""How many wrong passwords are looked at: a leaky bucket, which forgets at a constant pace and locks nobody out."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

__all__ = ["Allowance", "Attempts"]

_NARROW = 5


@dataclass(frozen=True, slots=True)
class Allowance:
    """In any time `t` at most `burst + t / every` attempts are admitted.

    Attributes:
        burst: attempts one after the other.
        every: after each so long there is one more.
    """

    burst: int
    every: timedelta

    @property
    def forgotten_after(self) -> timedelta:
        """When nothing is left of whatever was counted."""
        return 2 * self.burst * self.every

    def narrowed(self) -> "Allowance":
        """What is left of it while many fail everywhere: a first try at least."""
        return Allowance(max(1, self.burst // _NARROW), self.every)


@dataclass(frozen=True, slots=True)
class Attempts:
    """Attempts that failed or are under way.

    Attributes:
        failures: how many had not been forgotten at `last_at`, since when the next one is being forgotten.
    """

    failures: int
    last_at: datetime

    def wait(self, allowance: Allowance, now: datetime) -> timedelta:
        """How long until the next attempt is admitted."""
        left = self._left(allowance, now)
        over = left.failures - allowance.burst + 1
        return max(timedelta(0), left.last_at + over * allowance.every - now) if over > 0 else timedelta(0)

    def with_another(self, allowance: Allowance, now: datetime) -> "Attempts":
        """An attempt counts as failed from its beginning, so that many at once are as slow as one after the other."""
        left = self._left(allowance, now)
        return replace(left, failures=left.failures + 1)

    def without_one(self) -> "Attempts":
        """An attempt that turned out not to fail. What was counted before it stays."""
        return replace(self, failures=max(0, self.failures - 1))

    @classmethod
    def none(cls, now: datetime) -> "Attempts":
        return cls(0, now)

    def _left(self, allowance: Allowance, now: datetime) -> "Attempts":
        # Bounded, so that what nobody admits, as the failures of all, ends in good time.
        counted = min(self.failures, 2 * allowance.burst)
        forgotten = max(0, (now - self.last_at) // allowance.every)
        if forgotten >= counted:
            return Attempts.none(now)
        return Attempts(counted - forgotten, self.last_at + forgotten * allowance.every)
