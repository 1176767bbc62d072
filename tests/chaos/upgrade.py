"""`make drill-upgrade`: the chart is upgraded from the version before to this one and back while the public reads and
comments without retries.

Both versions' Deployments run as the chart renders them, each with its own code, replaced as Kubernetes does it, after
the migration Jobs. No request may fail and no acknowledged write be lost. Without preStop and drain (`--no-drain`) some
must fail, or the drill proves nothing.
"""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos.load import load_until
from tests.chaos.people import administrator, comments, published
from tests.chaos.rollout.covers import cover, is_covered, retitle
from tests.chaos.rollout.namespace import enter
from tests.chaos.rollout.site import Site, site
from tests.chaos.rollout.versions import before, copy, export

__all__ = ["Figures", "drill"]

_POSTS = 10
_LEAST_SECONDS = 120
_CALM_SECONDS = 10.0
"""Before each of the two ways and after the last."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What the public saw, and how long it took. `lost` are acknowledged writes that are not there afterwards; `unsent`
    are requests for which the generator had nobody free; `accidents` of pods are told in `Pod`."""

    requests: int
    failed: int
    lost: int
    upgrade_s: float
    rollback_s: float
    unsent: int
    p99_ms: int
    slowest_ms: int
    accidents: int


async def drill(
    version: str, *, seconds: int, rate: int, drained: bool, logs: Path | None
) -> tuple[Figures, list[str]]:
    """
    Args:
        version: the one before, as git knows it.
        seconds: how long the load runs at least.
        logs: a folder to be made, for what the processes wrote.

    Returns:
        The figures, and what was said of failures.

    Raises:
        RuntimeError: the way there or back came to a stop, or the new version brings no migration.
    """
    with tempfile.TemporaryDirectory(prefix="hamlet-upgrade-") as folder:
        home, old, new = (Path(folder) / name for name in ("home", "before", "after"))
        home.mkdir()
        export(version, old)
        copy(new)
        try:
            async with site(home, {"before": old, "after": new}, drained=drained) as there:
                return await _there_and_back(there, seconds, rate)
        finally:
            if logs is not None:
                logs.mkdir(parents=True)
                for log in home.rglob("*.log"):
                    shutil.copy(log, logs)


async def _there_and_back(there: Site, seconds: int, rate: int) -> tuple[Figures, list[str]]:
    await _timed("installing the version before", there.install("before"))
    if not (waiting := there.waiting_migrations()):
        raise RuntimeError("the new version brings no migration: name an older one, make drill-upgrade FROM=...")
    _say(f"migrations to come: {', '.join(waiting)}")
    url, door = there.url, there.door
    token = await administrator(there.settings, there.account, url)
    posts = [await asyncio.to_thread(published, url, token) for _ in range(_POSTS)]
    done = asyncio.Event()
    public = asyncio.create_task(load_until(done, url, door, posts, token, rate=rate, least=seconds))
    await asyncio.sleep(_CALM_SECONDS)
    upgrade = await _timed("upgrading", there.upgrade("after"))
    await cover(url, token, posts[0])
    await asyncio.sleep(_CALM_SECONDS)
    rollback = await _timed("rolling back", there.roll_back("before"))
    await retitle(url, token, posts[0])
    await asyncio.sleep(_CALM_SECONDS)
    done.set()
    seen = await public
    kept = set[str]().union(*[await asyncio.to_thread(comments, url, post, token) for post in posts])
    lost = len(seen.accepted - kept) + (not await is_covered(there.database("blog"), posts[0]))
    return Figures(
        requests=seen.requests,
        failed=seen.failed,
        lost=lost,
        upgrade_s=upgrade,
        rollback_s=rollback,
        unsent=seen.unsent,
        p99_ms=seen.p99_ms,
        slowest_ms=seen.slowest_ms,
        accidents=len(there.accidents),
    ), [*seen.failures, *there.accidents]


async def _timed(what: str, work: Awaitable[None]) -> float:
    _say(what)
    begun = time.monotonic()
    await work
    return round(time.monotonic() - begun, 1)


def _say(what: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {what}", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from", dest="version", default="", help="the version before, as git knows it")
    parser.add_argument("--seconds", type=int, default=_LEAST_SECONDS, help="how long the load runs at least")
    parser.add_argument("--rate", type=int, default=200, help="requests a second")
    parser.add_argument("--no-drain", action="store_true", help="without preStop and drain: must fail requests")
    parser.add_argument("--logs", type=Path, help="a new folder for what the processes wrote")
    chosen = parser.parse_args()
    version = chosen.version or before()
    _say(f"from {version}")
    figures, failures = asyncio.run(
        drill(version, seconds=chosen.seconds, rate=chosen.rate, drained=not chosen.no_drain, logs=chosen.logs)
    )
    for line in failures[:20]:
        print(line)
    print(json.dumps({**asdict(figures), "drained": not chosen.no_drain}))
    return int(bool(figures.failed or figures.lost) != chosen.no_drain)


if __name__ == "__main__":
    enter("tests.chaos.upgrade")
    sys.exit(main())
