"""`make drill-restart`: every process is restarted in turn while the public reads and comments without retries.

With manners (drain, hand over) no request may fail. Without them (`--no-drain`) some must, or the drill proves nothing.
"""

import argparse
import asyncio
import json
import math
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.cli.rest import call
from tests.chaos.fleet import Fleet, fleet
from tests.chaos.people import administrator, published

__all__ = ["Outcome", "drill"]

_SCRIPT = Path(__file__).with_name("mixed.js")
_PROTOS = Path(__file__).resolve().parents[2] / "protos"
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
            token = await administrator(village)
            posts = [await asyncio.to_thread(published, village, token) for _ in range(_POSTS)]
            load = asyncio.create_task(_load(village, posts, token, rate=rate, seconds=seconds))
            restarts = await _restart_until_done(village, load, gracefully=drained)
            metrics, failures = await load
            kept = sum([await asyncio.to_thread(_comments, village, post, token) for post in posts])
            failures += village.refusals()
            if logs is not None:
                _keep_logs(Path(folder), logs)
    accepted = _count(metrics, "accepted")
    return Outcome(
        requests=_count(metrics, "sent"),
        failed=_count(metrics, "failed"),
        unsent=_count(metrics, "dropped_iterations"),
        lost=max(0, accepted - kept),
        p99_ms=_worst(metrics, "p(99)"),
        slowest_ms=_worst(metrics, "max"),
        restarts=restarts,
        failures=failures,
    )


async def _restart_until_done(village: Fleet, load: "asyncio.Task[Any]", *, gracefully: bool) -> dict[str, int]:
    """Every process at least once, even if the load has ended meanwhile, which `main` refuses."""
    counts = dict.fromkeys(village.members, 0)
    while not load.done():
        for name, member in village.members.items():
            _say(f"restarting {name}")
            await member.restart(gracefully=gracefully)
            counts[name] += 1
            if load.done():
                break
    return counts


async def _load(
    village: Fleet, posts: list[str], token: str, *, rate: int, seconds: int
) -> tuple[dict[str, Any], list[str]]:
    told = {
        "URL": village.layout.url,
        "GRPC": f"127.0.0.1:{village.layout.grpc_door}",
        "POSTS": ",".join(posts),
        "TOKEN": token,
        "PROTOS": str(_PROTOS),
        "RATE": str(rate),
        "SECONDS": str(seconds),
    }
    process = await asyncio.create_subprocess_exec(
        *(Path(sys.executable).with_name("k6"), "run", "--quiet", "--no-usage-report", _SCRIPT),
        env={**os.environ, **told},
        start_new_session=True,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    lines = errors.decode(errors="replace").splitlines()
    if process.returncode:
        raise RuntimeError("\n".join(lines[-20:]))
    return json.loads(output), lines


def _say(what: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {what}", file=sys.stderr, flush=True)


def _keep_logs(home: Path, logs: Path) -> None:
    logs.mkdir(parents=True)
    for log in home.glob("*.log"):
        shutil.copy(log, logs)


def _count(metrics: dict[str, Any], name: str) -> int:
    return int(metrics[name]["values"]["count"]) if name in metrics else 0


def _worst(metrics: dict[str, Any], statistic: str) -> int:
    return int(max(metrics[f"{kind}_req_duration"]["values"][statistic] for kind in ("http", "grpc")))


def _comments(village: Fleet, post: str, token: str) -> int:
    """How many comments of the drill the moderator finds."""
    count, page = 0, ""
    while True:
        path = f"/v1/posts/{post}/comments?pageSize=100&pageToken={page}"
        answer = call(village.layout.url, path, token=token).body
        count += len(answer["comments"])
        page = answer["nextPageToken"]
        if not page:
            return count


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
