"""The viral post: everybody reads the same page, and the services hardly notice."""

import statistics
import time
import urllib.request
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from bench.village import BenchVillage
from bench.wrk import Load, wrk

__all__ = ["Cached", "cached"]

_CONNECTIONS, _SECONDS, _ROUNDS = 64, 8, 3
_SERVICES = {"post": "blog", "comments": "comment"}
_METHODS = {
    "post": "hamlet.blog.v1.PostReadingService/GetPost",
    "comments": "hamlet.comment.v1.CommentService/ListComments",
}


@dataclass(frozen=True, slots=True)
class Cached:
    """Medians of several rounds; `origin_rps` is how many requests a second the service answered meanwhile."""

    rps: float
    p50_ms: float
    p99_ms: float
    origin_rps: float
    bytes: int
    errors: int


def cached(village: BenchVillage, post_id: str, page: str) -> Cached:
    """Loads `post` (the post itself) or `comments` (the first page of its comments)."""
    url = f"{village.url}/v1/posts/{post_id}" + ("/comments" if page == "comments" else "")
    with urllib.request.urlopen(url) as answer:
        size = len(answer.read())
    loads: list[Load] = []
    before, started = _answered(village, page), time.monotonic()
    for _ in range(_ROUNDS):
        loads.append(wrk(url, connections=_CONNECTIONS, seconds=_SECONDS))
    origin = (_answered(village, page) - before) / (time.monotonic() - started)
    return Cached(
        rps=statistics.median(load.rps for load in loads),
        p50_ms=statistics.median(load.p50_ms for load in loads),
        p99_ms=statistics.median(load.p99_ms for load in loads),
        origin_rps=origin,
        bytes=size,
        errors=sum(load.errors for load in loads),
    )


def _answered(village: BenchVillage, page: str) -> float:
    """How many calls the service itself has answered, by its own count."""
    port = village.layout.metrics[_SERVICES[page]]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        families = text_string_to_metric_families(answer.read().decode())
    return sum(
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == "rpc_server_call_duration_seconds_count" and sample.labels.get("rpc_method") == _METHODS[page]
    )
