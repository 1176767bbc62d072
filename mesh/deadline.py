"""A point in time at which nobody waits any more, on the monotonic clock."""

import time
from dataclasses import dataclass

__all__ = ["Deadline"]


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a call ends. `at` is a reading of time.monotonic(), or None for a call without end."""

    at: float | None

    @classmethod
    def after(cls, seconds: float | None) -> "Deadline":
        return cls(None if seconds is None else time.monotonic() + seconds)

    def remaining(self) -> float | None:
        """Seconds left, never negative; None without a deadline."""
        return self.left_at(time.monotonic())

    def left_at(self, now: float) -> float | None:
        """Seconds left at a reading of time.monotonic(), never negative; None without a deadline."""
        return None if self.at is None else max(0.0, self.at - now)

    def budget(self, at_most: float) -> float:
        """Seconds that one step may take: `at_most`, or what is left if that is less."""
        left = self.remaining()
        return at_most if left is None else min(at_most, left)

    @property
    def expired(self) -> bool:
        return self.at is not None and time.monotonic() >= self.at
