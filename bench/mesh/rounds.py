"""A B A B: every variant once a round, there and back, and each compared with the bare server of the same round."""

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.mesh.load import Connection, drive
from bench.mesh.processes import RunningServer

__all__ = ["BASE", "CONNECTIONS", "STREAMS", "Contestant", "Result", "compete"]

BASE = "bare"
CONNECTIONS, STREAMS = 4, 16
"""64 calls in flight: enough to keep a server busy, fewer than its limit of 200."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A server and the connections that load it."""

    server: RunningServer
    connections: Sequence[Connection]


@dataclass(slots=True)
class Result:
    """What each round saw of one variant: calls a second, and the server's and the load's microseconds a call."""

    rps: list[float] = field(default_factory=list)
    server_us: list[float] = field(default_factory=list)
    load_us: list[float] = field(default_factory=list)
    calls: int = 0

    def ratio(self, base: "Result") -> float:
        """Throughput beside another variant's: the median of the rounds."""
        return statistics.median(ours / theirs for ours, theirs in zip(self.rps, base.rps, strict=True))

    def cpu_ratio(self, base: "Result") -> float:
        """The other's CPU time a call beside ours: what the ratio would be if others took nothing of the core."""
        pairs = zip(self.server_us, base.server_us, strict=True)
        return statistics.median(theirs / ours for ours, theirs in pairs)


def compete(contestants: Mapping[str, Contestant], rounds: int, seconds: float) -> dict[str, Result]:
    """Loads each contestant for `seconds` in each of `rounds`, after a round that does not count.

    Raises:
        FailedError: a call failed; then the figures are of something else.
    """
    results = {name: Result() for name in contestants}
    for number in range(-1, rounds):
        there = list(contestants)
        for name in there if number % 2 else there[::-1]:
            _load(contestants[name], results[name], seconds, counts=number >= 0)
    return results


def _load(contestant: Contestant, result: Result, seconds: float, *, counts: bool) -> None:
    server_before, load_before = contestant.server.cpu_seconds(), time.process_time()
    in_time, calls = drive(contestant.connections, STREAMS, seconds)
    result.calls += calls
    if counts:
        result.rps.append(in_time / seconds)
        result.server_us.append((contestant.server.cpu_seconds() - server_before) * 1e6 / calls)
        result.load_us.append((time.process_time() - load_before) * 1e6 / calls)
