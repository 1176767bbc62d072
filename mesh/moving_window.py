"""Counts calls over a moving window, exactly, and in bounded memory whoever calls."""

from collections import OrderedDict, deque
from dataclasses import dataclass

__all__ = ["MovingWindow", "Verdict"]

_KEYS = 50_000
_SWEPT_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    Attributes:
        remaining: calls that would be admitted now, after this one.
        wait: seconds until the next call is admitted; 0 if one is now.
    """

    admitted: bool
    remaining: int
    wait: float


class MovingWindow:
    """At most `calls` in any `seconds`, for each key.

    A key is forgotten when its last admitted call has left the window; beyond `keys` of them the one that called
    longest ago is, so that a flood of made-up callers costs them no more than its own count. (The in-memory storage of
    the package `limits` keeps an empty list of every key it has ever seen.)
    """

    def __init__(self, calls: int, seconds: float, keys: int = _KEYS) -> None:
        self.calls, self.seconds, self._at_most = calls, seconds, keys
        self._admitted: OrderedDict[str, deque[float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._admitted)

    def admit(self, key: str, now: float) -> Verdict:
        """Counts one call, unless it is one too many.

        Args:
            now: seconds of a clock that never goes back.
        """
        self._sweep(now)
        times = self._admitted.get(key)
        if times is None:
            times = self._admitted[key] = deque()
        while times and now - times[0] >= self.seconds:
            times.popleft()
        admitted = len(times) < self.calls
        if admitted:
            times.append(now)
            self._admitted.move_to_end(key)
        remaining = self.calls - len(times)
        return Verdict(admitted, remaining, 0.0 if remaining else times[0] + self.seconds - now)

    def _sweep(self, now: float) -> None:
        """Keys are in the order of their last admitted call: what is over is at the front."""
        for _ in range(_SWEPT_AT_ONCE):
            oldest = next(iter(self._admitted.items()), None)
            if oldest is None:
                return
            key, times = oldest
            if len(self._admitted) < self._at_most and now - times[-1] < self.seconds:
                return
            del self._admitted[key]
