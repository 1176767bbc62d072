"""Histograms of calls that cost a call a microsecond, counted here and written out when somebody reads them.

The SDK's instruments take ten to twenty times as long a recording: each time they make a key of the attributes and ask
views, filters and reservoirs. Here a series is looked up once, and recording is a bisection and an addition.
"""

import time
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from opentelemetry.trace import SpanContext

__all__ = ["Durations", "Example", "Series"]


@dataclass(frozen=True, slots=True)
class Example:
    """A sampled call that took so long. `at` is in seconds since 1970."""

    trace: SpanContext
    seconds: float
    at: float


class Series:
    """The durations of the calls with one set of attributes.

    Recording is not locked: it belongs to the event loop's thread. Reading may happen in any.

    Attributes:
        counts: calls by bucket, one more than there are bounds; a bound belongs to the bucket below it.
        examples: the last sampled call of a bucket, by its index.
    """

    __slots__ = ("attributes", "bounds", "counts", "examples", "total")

    def __init__(self, attributes: Mapping[str, str], bounds: Sequence[float]) -> None:
        self.attributes, self.bounds = dict(attributes), bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0
        self.examples: dict[int, Example] = {}

    def record(self, seconds: float, trace: SpanContext | None = None) -> None:
        """Counts a call.

        Args:
            trace: of its span, if it is sampled.
        """
        bucket = bisect_left(self.bounds, seconds)
        self.counts[bucket] += 1
        self.total += seconds
        if trace is not None:
            self.examples[bucket] = Example(trace, seconds, time.time())


class Durations:
    """A histogram in seconds.

    Args:
        bounds: upper bounds of its buckets, in seconds.
    """

    def __init__(self, name: str, description: str, bounds: Sequence[float]) -> None:
        self.name, self.description, self._bounds = name, description, tuple(bounds)
        self._series: dict[frozenset[tuple[str, str]], Series] = {}

    def series(self, attributes: Mapping[str, str]) -> Series:
        """The series of these attributes; keep it where it is recorded often."""
        key = frozenset(attributes.items())
        found = self._series.get(key)
        if found is None:
            found = self._series[key] = Series(attributes, self._bounds)
        return found

    def recorded(self) -> list[Series]:
        """The series in which there are calls."""
        return [series for series in list(self._series.values()) if any(series.counts)]
