"""An honest client on a connection of its own: one call every 10 ms with 2 s of patience, whatever else happens."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import grpc

__all__ = ["Probe", "Victim"]

EVERY_SECONDS = 0.01
PATIENCE_SECONDS = 2.0
Probe = Callable[[], Awaitable[None]]
"""One call. Raises when it fails, and when patience is over."""


@dataclass(slots=True)
class Victim:
    """What happened to the calls of an honest client.

    Attributes:
        most_at_once: calls in flight beyond which a turn is left out.
        failures: kinds of failure, one for each failed call.
    """

    most_at_once: int = 1000
    latencies_ms: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def percentile_ms(self, share: float) -> float:
        """Of all calls; one that failed took as long as it took to fail."""
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("inf")

    async def suffer(self, probe: Probe, until: asyncio.Event) -> None:
        """Calls at a constant rate, not waiting for the answer before, until the event is set."""
        running: set[asyncio.Task[None]] = set()
        due = time.monotonic()
        while not until.is_set():
            if len(running) < self.most_at_once:
                task = asyncio.create_task(self._call(probe))
                running.add(task)
                task.add_done_callback(running.discard)
            due += EVERY_SECONDS
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        await asyncio.gather(*running)

    async def _call(self, probe: Probe) -> None:
        started = time.perf_counter()
        try:
            await probe()
        except Exception as error:
            self.failures.append(_kind(error))
        self.latencies_ms.append((time.perf_counter() - started) * 1000)


def _kind(error: Exception) -> str:
    if isinstance(error, grpc.aio.AioRpcError):
        return f"{error.code().name}: {error.details()}"
    return type(error).__name__
