"""The first page of a post's comments must not care how many there are."""

import statistics
import time
from dataclasses import dataclass

from bench.fill.writing import fill
from bench.village import BenchVillage
from bench.wrk import Load, wrk
from services.storage.url import database_url

__all__ = ["FEW", "MANY", "Growth", "growth"]

FEW, MANY = 1_000, 1_000_000
_SECONDS, _ROUNDS = 3, 5


@dataclass(frozen=True, slots=True)
class Growth:
    """Medians of latencies in milliseconds; `ratio` is the median of the rounds' own ratios."""

    few_ms: float
    many_ms: float
    ratio: float
    fill_seconds: float
    errors: int


def growth(village: BenchVillage) -> Growth:
    """Fills two posts and reads their first pages in turns, one reader at a time, past the cache."""
    url = database_url("comment", {"HAMLET_HOME": str(village.home)})
    few, many = village.publish(), village.publish()
    started = time.monotonic()
    fill(url, few, FEW)
    fill(url, many, MANY)
    filled = time.monotonic() - started
    headers = {"Authorization": f"Bearer {village.token()}"}

    loads: dict[str, list[Load]] = {few: [], many: []}
    for _ in range(_ROUNDS):
        for post, seen in loads.items():
            path = f"{village.url}/v1/posts/{post}/comments"
            seen.append(wrk(path, connections=1, seconds=_SECONDS, headers=headers))
    pairs = list(zip(loads[few], loads[many], strict=True))
    return Growth(
        few_ms=statistics.median(one.p50_ms for one, _ in pairs),
        many_ms=statistics.median(other.p50_ms for _, other in pairs),
        ratio=statistics.median(other.p50_ms / one.p50_ms for one, other in pairs),
        fill_seconds=filled,
        errors=sum(load.errors for pair in pairs for load in pair),
    )
