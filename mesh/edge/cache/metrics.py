"""What Prometheus learns of the cache: requests by RPC and by how they were answered, and how much is kept."""

import os
from collections.abc import Iterable
from pathlib import Path

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from mesh.edge.cache.tally import Tally

__all__ = ["CACHE_STATUS", "ROUTE", "observe_cache"]

ROUTE, CACHE_STATUS = "hamlet.edge.cache.route", "hamlet.edge.cache.status"


def observe_cache(meter: Meter, tally: Tally, kept: Path) -> None:
    """Reports whenever metrics are read.

    Args:
        kept: the folder of kept answers, which is walked each time: it holds no more files than the cache may entries.
    """

    def requests(_: CallbackOptions) -> Iterable[Observation]:
        for (route, status), count in tally.counts.copy().items():
            yield Observation(count, {ROUTE: route, CACHE_STATUS: status})

    def entries(_: CallbackOptions) -> Iterable[Observation]:
        yield Observation(sum(1 for _ in _sizes(kept)))

    def size(_: CallbackOptions) -> Iterable[Observation]:
        yield Observation(sum(_sizes(kept)))

    meter.create_observable_counter(
        "hamlet.edge.cache.requests", [requests], unit="{request}", description="Requests at the front door"
    )
    meter.create_observable_gauge(
        "hamlet.edge.cache.entries", [entries], unit="{entry}", description="Answers that are kept"
    )
    meter.create_observable_gauge(
        "hamlet.edge.cache.size", [size], unit="By", description="What the kept answers take on disk"
    )


def _sizes(folder: Path) -> Iterable[int]:
    """nginx removes files meanwhile, so any of them may be gone."""
    for directory, _, files in os.walk(folder):
        for name in files:
            try:
                yield os.stat(os.path.join(directory, name)).st_size
            except FileNotFoundError:
                continue
