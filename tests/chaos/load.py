"""What the public does while a drill runs: k6 with `mixed.js`, retries off."""

import asyncio
import json
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mesh.leash import leashed

__all__ = ["Seen", "load", "load_until"]

_SCRIPT = Path(__file__).with_name("mixed.js")
_PROTOS = Path(__file__).resolve().parents[2] / "protos"
_TURN_SECONDS, _STARTING_SECONDS = 32, 2
_DURATIONS = ("http_req_duration", "grpc_req_duration")
_ACCEPTED = re.compile(r"accepted ([0-9a-f-]{36})")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the public saw.

    Attributes:
        unsent: requests for which the generator had nobody free, because answers were slow.
        p99_ms, slowest_ms: of REST or of gRPC, whichever is worse.
        accepted: the ids of the comments whose writing was acknowledged.
        failures: what the generator wrote about requests that did not get the answer that was asked for.
    """

    requests: int = 0
    failed: int = 0
    unsent: int = 0
    p99_ms: int = 0
    slowest_ms: int = 0
    accepted: frozenset[str] = frozenset()
    failures: tuple[str, ...] = ()

    def __add__(self, other: "Seen") -> "Seen":
        """Both together; of the quantiles the worse."""
        return Seen(
            self.requests + other.requests,
            self.failed + other.failed,
            self.unsent + other.unsent,
            max(self.p99_ms, other.p99_ms),
            max(self.slowest_ms, other.slowest_ms),
            self.accepted | other.accepted,
            self.failures + other.failures,
        )


async def load(url: str, door: str, posts: Sequence[str], token: str, *, rate: int, seconds: int) -> Seen:
    """
    Args:
        url: of the front door.
        door: `host:port` of native gRPC.
        posts: ids; everybody reads the first, comments go to all.
        rate: requests a second.

    Raises:
        RuntimeError: the generator does not work.
    """
    told = {
        "URL": url,
        "GRPC": door,
        "POSTS": ",".join(posts),
        "TOKEN": token,
        "PROTOS": str(_PROTOS),
        "RATE": str(rate),
        "SECONDS": str(seconds),
    }
    process = await asyncio.create_subprocess_exec(
        *leashed(
            str(Path(sys.executable).with_name("k6")), "run", "--quiet", "--no-usage-report", "--address=", str(_SCRIPT)
        ),
        env={**os.environ, **told},
        start_new_session=True,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    lines = errors.decode(errors="replace").splitlines()
    if process.returncode:
        raise RuntimeError("\n".join(lines[-20:]))
    accepted = {line: found[1] for line in lines if (found := _ACCEPTED.search(line))}
    metrics = json.loads(output)
    return Seen(
        requests=_count(metrics, "sent"),
        failed=_count(metrics, "failed"),
        unsent=_count(metrics, "dropped_iterations"),
        p99_ms=_worst(metrics, "p(99)"),
        slowest_ms=_worst(metrics, "max"),
        accepted=frozenset(accepted.values()),
        failures=tuple(line for line in lines if line not in accepted),
    )


async def load_until(
    done: asyncio.Event, url: str, door: str, posts: Sequence[str], token: str, *, rate: int, least: int
) -> Seen:
    """The same until `done` is set, and for `least` seconds at least: in turns, of which each begins a little
    before the last has ended, so that the load is never away."""
    turns, lasted = list[asyncio.Task[Seen]](), 0
    async with asyncio.TaskGroup() as group:
        while lasted < least or not done.is_set():
            turn = load(url, door, posts, token, rate=rate, seconds=_TURN_SECONDS)
            turns.append(group.create_task(turn))
            await asyncio.sleep(_TURN_SECONDS - _STARTING_SECONDS)
            lasted += _TURN_SECONDS - _STARTING_SECONDS
    return sum((turn.result() for turn in turns), Seen())


def _count(metrics: dict[str, Any], name: str) -> int:
    return int(metrics[name]["values"]["count"]) if name in metrics else 0


def _worst(metrics: dict[str, Any], statistic: str) -> int:
    answered = [metrics[name]["values"][statistic] for name in _DURATIONS if name in metrics]
    return int(max(answered, default=0))
