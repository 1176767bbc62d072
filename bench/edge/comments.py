"""A comment from the reader's click to the answer, with the filter on."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.village import BenchVillage

__all__ = ["Accepted", "comments"]

_RATE, _SECONDS = 20, 40
_SCRIPT = Path(__file__).with_name("comments.js")


@dataclass(frozen=True, slots=True)
class Accepted:
    """Latencies in milliseconds at a constant rate; `errors` are refusals, and comments that never could be sent."""

    rate: int
    count: int
    p50_ms: float
    p99_ms: float
    worst_ms: float
    errors: int


def comments(village: BenchVillage, post_id: str) -> Accepted:
    """Comments of many readers under one post, at a constant rate (k6)."""
    told = {"URL": village.url, "POST": post_id, "RATE": str(_RATE), "SECONDS": str(_SECONDS)}
    k6 = Path(sys.executable).with_name("k6")
    run = subprocess.run(
        [k6, "run", "--quiet", "--no-usage-report", _SCRIPT],
        env={**os.environ, **told},
        check=True,
        capture_output=True,
        text=True,
    )
    metrics = json.loads(run.stdout)
    latency, count = metrics["http_req_duration"]["values"], int(metrics["http_reqs"]["values"]["count"])
    failed = metrics["checks"]["values"]["fails"]
    dropped = metrics.get("dropped_iterations", {"values": {"count": 0}})["values"]["count"]
    return Accepted(_RATE, count, latency["med"], latency["p(99)"], latency["max"], int(failed + dropped))
