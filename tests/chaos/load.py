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

__all__ = ["Seen", "load"]

_SCRIPT = Path(__file__).with_name("mixed.js")
_PROTOS = Path(__file__).resolve().parents[2] / "protos"
_ACCEPTED = re.compile(r"accepted ([0-9a-f-]{36})")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the public saw.

    Attributes:
        accepted: the ids of the comments whose writing was acknowledged.
        failures: what the generator wrote about requests that did not get the answer that was asked for.
    """

    metrics: dict[str, Any]
    accepted: frozenset[str]
    failures: list[str]

    def count(self, name: str) -> int:
        return int(self.metrics[name]["values"]["count"]) if name in self.metrics else 0

    def worst(self, statistic: str) -> int:
        """Milliseconds, of REST or of gRPC, whichever is worse."""
        return int(max(self.metrics[f"{kind}_req_duration"]["values"][statistic] for kind in ("http", "grpc")))


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
    accepted = {line: found[1] for line in lines if (found := _ACCEPTED.search(line))}
    return Seen(json.loads(output), frozenset(accepted.values()), [line for line in lines if line not in accepted])
