"""`make drill-restart`: every process is restarted in turn while the public reads and comments without retries.

With manners (drain, hand over) no request may fail. Without them (`--no-drain`) some must, or the drill proves nothing.
"""

import argparse
import asyncio
import json
import math
import shutil
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mesh.settings import MeshSettings
from tests.chaos.fleet import Fleet, fleet
from tests.chaos.load import Seen, load
from tests.chaos.people import administrator, comments, published

__all__ = ["Outcome", "drill"]

_UNDRAINED = {"HAMLET_DRAIN_SECONDS": "0", "HAMLET_GRACE_SECONDS": "0"}
_RATE = 200
_POSTS = 10
_FIGURES = ("requests", "failed", "lost", "unsent", "p99_ms", "slowest_ms")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the public saw. `restarts` is by process; `lost` are acknowledged comments that are not there afterwards;
    `unsent` are requests for which the generator had nobody free, because answers were slow; `p99_ms` and `slowest_ms`
    are of REST or of gRPC, whichever is worse."""

    requests: int
    failed: int
    unsent: int
    lost: int
    p99_ms: int
    slowest_ms: int
    restarts: dict[str, int]
    failures: list[str]


async def drill(*, seconds: int, rate: int = _RATE, drained: bool = True, logs: Path | None = None) -> Outcome:
    """Runs a fleet under load for a time and restarts its processes one after the other, again and again.

    Args:
        logs: a folder to be made, for what the processes wrote.
    """
    with tempfile.TemporaryDirectory(prefix="hamlet-drill-") as folder:
        environment = {"HAMLET_LOG_FORMAT": "json", **({} if drained else _UNDRAINED)}
        async with fleet(Path(folder), environment) as village:
            url, door = village.layout.url, f"127.0.0.1:{village.layout.grpc_door}"
            token = await administrator(MeshSettings(home=village.home), village.target["account"], url)
            posts = [await asyncio.to_thread(published, url, token) for _ in range(_POSTS)]
            public = asyncio.create_task(load(url, door, posts, token, rate=rate, seconds=seconds))
            restarts = await _restart_until_done(village, public, gracefully=drained)
            seen = await public
            kept = set().union(*[await asyncio.to_thread(comments, url, post, token) for post in posts])
            failures = [*seen.failures, *village.refusals()]
            if logs is not None:
                _keep_logs(Path(folder), logs)
    return Outcome(
        requests=seen.requests,
        failed=seen.failed,
        unsent=seen.unsent,
        lost=len(seen.accepted - kept),
        p99_ms=seen.p99_ms,
        slowest_ms=seen.slowest_ms,
        restarts=restarts,
        failures=failures,
    )


async def _restart_until_done(village: Fleet, public: "asyncio.Task[Seen]", *, gracefully: bool) -> dict[str, int]:
    """Every process at least once, even if the load has ended meanwhile, which `main` refuses."""
    counts = dict.fromkeys(village.members, 0)
    while not public.done():
        for name, member in village.members.items():
            _say(f"restarting {name}")
            await member.restart(gracefully=gracefully)
            counts[name] += 1
            if public.done():
                break
    return counts


def _say(what: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {what}", file=sys.stderr, flush=True)


def _keep_logs(home: Path, logs: Path) -> None:
    logs.mkdir(parents=True)
    for log in home.glob("*.log"):
        shutil.copy(log, logs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--rate", type=int, default=_RATE, help="requests a second")
    parser.add_argument("--no-drain", action="store_true", help="kill instead of drain: must fail requests")
    parser.add_argument("--logs", type=Path, help="a new folder for what the processes wrote")
    chosen = parser.parse_args()
    # The generator is a little late at times.
    seconds = math.ceil(1.01 * chosen.requests / chosen.rate)
    outcome = asyncio.run(drill(seconds=seconds, rate=chosen.rate, drained=not chosen.no_drain, logs=chosen.logs))
    for line in outcome.failures[:20]:
        print(line)
    for name, count in outcome.restarts.items():
        print(f"{name:<12} restarted {count} times")
    figures = {name: getattr(outcome, name) for name in _FIGURES}
    print(json.dumps({**figures, "restarts": sum(outcome.restarts.values()), "drained": not chosen.no_drain}))
    if not all(outcome.restarts.values()):
        print("not every process was restarted while the load ran", file=sys.stderr)
        return 1
    return int(bool(outcome.failed or outcome.lost) != chosen.no_drain)


if __name__ == "__main__":
    sys.exit(main())
