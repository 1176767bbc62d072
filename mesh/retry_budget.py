"""How many retries a client may add to its calls (Linkerd's retry budget)."""

import time
from collections.abc import Callable

__all__ = ["RetryBudget"]


class RetryBudget:
    """A bucket that each call fills by `ratio` and time by `per_second`, and each retry empties by one.

    A replica that always fails therefore sees at most `ratio` more load, plus a floor that lets a quiet client retry at
    all (Linkerd's defaults: 20 % and 10/s).
    """

    def __init__(
        self,
        ratio: float = 0.2,
        per_second: float = 10.0,
        most_saved: float = 20.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ratio, self._per_second, self._most_saved, self._clock = ratio, per_second, most_saved, clock
        self._tokens, self._at = per_second, clock()

    def call(self) -> None:
        """Counts a call's first attempt."""
        self._save(self._ratio)

    def retry(self) -> bool:
        """Whether one more attempt is within the budget; if so it is spent."""
        self._save(0.0)
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True

    def _save(self, tokens: float) -> None:
        now = self._clock()
        earned = tokens + (now - self._at) * self._per_second
        self._tokens, self._at = min(self._most_saved, self._tokens + earned), now
