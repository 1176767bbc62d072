"""One supervised process."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from mesh.leash import leashed

__all__ = ["Child", "ChildSpec"]

Probe = Callable[[], Awaitable[bool]]
Sink = Callable[[str, str], None]

_LONGEST_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """What to run.

    Attributes:
        ready: answers whether the process does its work; asked until it does.
        after: names of the processes that must be ready first.
        stop_seconds: how long it may take to drain before it is killed.
        hands_over: whether one that is started beside it takes its place, and it ends by itself then.
    """

    name: str
    command: Sequence[str]
    ready: Probe
    environment: Mapping[str, str] = field(default_factory=dict)
    after: frozenset[str] = frozenset()
    start_seconds: float = 60.0
    stop_seconds: float = 20.0
    hands_over: bool = False


class Child:
    """A process that is started, watched, started again when it dies, and stopped."""

    def __init__(self, spec: ChildSpec, sink: Sink) -> None:
        self.spec = spec
        self.restarts = 0
        self.beside: Child | None = None
        """Which other process of this name runs, while one follows another."""
        self.process: asyncio.subprocess.Process | None = None
        self._sink = sink
        self._started_at = 0.0

    @property
    def pid(self) -> int | None:
        return None if self.process is None or self.process.returncode is not None else self.process.pid

    @property
    def uptime(self) -> float:
        return time.monotonic() - self._started_at

    async def start(self) -> None:
        """Starts the process in a group of its own, so that a Ctrl-C reaches the supervisor alone."""
        self._started_at = time.monotonic()
        self.process = await asyncio.create_subprocess_exec(
            *leashed(*self.spec.command),
            env={**os.environ, **self.spec.environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            limit=_LONGEST_LINE,
        )

    async def until_ready(self) -> bool:
        """Waits until the probe says yes; False if the process ended or took too long."""
        deadline = time.monotonic() + self.spec.start_seconds
        while self.pid is not None and time.monotonic() < deadline:
            if await self.spec.ready():
                return True
            await asyncio.sleep(0.05)
        return False

    async def until_exit(self) -> int:
        """Passes the output on until the process has ended, and returns its exit status."""
        assert self.process is not None  # noqa: S101
        assert self.process.stdout is not None  # noqa: S101
        while line := await self._line(self.process.stdout):
            self._sink(self.spec.name, line.decode(errors="replace").rstrip("\n"))
        return await self.process.wait()

    async def stop(self) -> None:
        """Asks the process to drain, and kills its group if it does not."""
        if self.process is None or self.process.returncode is not None:
            return
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(self.spec.stop_seconds):
                await self.process.wait()
        except TimeoutError:
            self._sink(self.spec.name, f"did not stop within {self.spec.stop_seconds:.0f} s and is killed")
            self._signal(signal.SIGKILL)
            await self.process.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self.pid is not None:
            os.killpg(self.pid, number)

    @staticmethod
    async def _line(stream: asyncio.StreamReader) -> bytes:
        try:
            return await stream.readline()
        except ValueError:
            return b"(a line that was too long to show)\n"
