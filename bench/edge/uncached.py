"""A read that no cache may answer, through the front door and through a hand-written bridge, in turns."""

import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version

from bench.village import BenchVillage
from bench.wrk import Load, wrk

__all__ = ["PEER", "Uncached", "uncached"]

PEER = f"FastAPI {version('fastapi')} on uvicorn {version('uvicorn')} with uvloop and httptools"
_CONNECTIONS, _SECONDS, _ROUNDS, _WORKERS = 16, 6, 3, 2
_START_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Uncached:
    """`ratio` is the median of the rounds' own ratios, each of two runs side by side."""

    front_door: Load
    bridge: Load
    ratio: float
    errors: int


def uncached(village: BenchVillage, path: str) -> Uncached:
    """A read by somebody who is signed in: `/v1/posts/...`."""
    headers = {"Authorization": f"Bearer {village.token()}"}
    ours: list[Load] = []
    theirs: list[Load] = []
    with _bridge(village) as bridge:
        for url in (village.url, bridge):
            wrk(url + path, connections=_CONNECTIONS, seconds=2, headers=headers)
        for _ in range(_ROUNDS):
            ours.append(wrk(village.url + path, connections=_CONNECTIONS, seconds=_SECONDS, headers=headers))
            theirs.append(wrk(bridge + path, connections=_CONNECTIONS, seconds=_SECONDS, headers=headers))
    return Uncached(
        front_door=_middle(ours),
        bridge=_middle(theirs),
        ratio=statistics.median(one.rps / other.rps for one, other in zip(ours, theirs, strict=True)),
        errors=sum(load.errors for load in (*ours, *theirs)),
    )


def _middle(loads: list[Load]) -> Load:
    return sorted(loads, key=lambda load: load.rps)[len(loads) // 2]


@contextmanager
def _bridge(village: BenchVillage) -> Iterator[str]:
    """Runs the peer and ends it; yields its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    targets = {f"HAMLET_{name.upper()}_TARGET": f"127.0.0.1:{at}" for name, at in village.layout.grpc.items()}
    command = [sys.executable, "-m", "uvicorn", "bench.edge.bridge:app", "--port", str(port)]
    command += ["--workers", str(_WORKERS), "--loop", "uvloop", "--http", "httptools", "--no-access-log"]
    environment = {**os.environ, **targets, "HAMLET_HOME": str(village.home)}
    with (village.home / "bridge.txt").open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            _wait(process, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the bridge did not start")
