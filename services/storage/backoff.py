"""How long to wait before the next attempt: exponential with full jitter, so that many do not come back at once."""

import random
from dataclasses import dataclass

__all__ = ["Backoff"]


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds.

    Attributes:
        first: the bound after the first failure; doubled with each further one.
        at_most: the largest bound.
    """

    first: float = 0.5
    at_most: float = 60.0

    def bound(self, failures: int) -> float:
        # The exponent is bounded because attempts are not.
        return min(self.at_most, self.first * 2.0 ** min(failures - 1, 32))

    def delay(self, failures: int, *, at_least: float = 0.0) -> float:
        """The wait after `failures` of them: between half the bound and the bound, but no less than `at_least`."""
        bound = self.bound(failures)
        # Jitter needs no cryptographic randomness.
        return max(at_least, random.uniform(bound / 2, bound))  # noqa: S311
