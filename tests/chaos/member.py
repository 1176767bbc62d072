"""One member of a fleet, and how it is restarted with and without manners."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from mesh.leash import leashed

__all__ = ["Launch", "Member", "Proxy", "Replica"]

_PATIENCE = 180.0
_MIN_READY_SECONDS = 2.0
"""As a Deployment's minReadySeconds: the old one may leave once the new one's callers have had time to find it."""


@dataclass(frozen=True, slots=True)
class Launch:
    """A process to be.

    Attributes:
        command: a Python module and its arguments.
        ready: whether it does its work.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    ready: Callable[[], Awaitable[bool]]


class Member:
    """What runs once, and is away while it is restarted. Its output goes to `<home>/<name>.log`."""

    def __init__(self, name: str, launch: Launch) -> None:
        self.name, self._launch = name, launch
        self._process: asyncio.subprocess.Process | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        self._process = await self._started(self._launch)
        try:
            yield
        finally:
            await _end(self._running(), signal.SIGTERM)

    async def leave(self) -> int:
        """SIGTERM, and the exit status."""
        return await _end(self._running(), signal.SIGTERM)

    async def restart(self, *, gracefully: bool) -> None:
        """Puts another process in the place of this one; returns when callers have had time to find it.

        Args:
            gracefully: the old one ends by SIGTERM, which drains; else by SIGKILL.
        """
        await _end(self._running(), _signal(gracefully))
        self._process = await self._started(self._launch)
        await asyncio.sleep(_MIN_READY_SECONDS)

    async def _started(self, launch: Launch) -> asyncio.subprocess.Process:
        log = Path(launch.environment["HAMLET_HOME"]) / f"{self.name}.log"
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *leashed(sys.executable, "-m", *launch.command),
                env=dict(launch.environment),
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                # Linux shares the CPU between sessions first, as it does between containers.
                start_new_session=True,
            )
        try:
            async with asyncio.timeout(_PATIENCE):
                while not await launch.ready():
                    if process.returncode is not None:
                        raise RuntimeError(f"{self.name} ended at its start:\n{log.read_text()[-4000:]}")
                    await asyncio.sleep(0.05)
        except BaseException:
            await _end(process, signal.SIGKILL)
            raise
        return process

    def _running(self) -> asyncio.subprocess.Process:
        assert self._process is not None
        return self._process


class Replica(Member):
    """One of a service's processes. It is replaced as Kubernetes does it with `maxSurge: 1, maxUnavailable: 0`: its
    successor starts at a place that is free, and it leaves when that one is ready.

    Args:
        launch: of the first process.
        successors: launches at the service's free places; its replicas share them.
    """

    def __init__(self, name: str, launch: Launch, successors: list[Launch]) -> None:
        super().__init__(name, launch)
        self._successors = successors

    async def restart(self, *, gracefully: bool) -> None:
        launch, old = self._successors.pop(0), self._running()
        self._process = await self._started(launch)
        self._launch, place = launch, self._launch
        await asyncio.sleep(_MIN_READY_SECONDS)
        await _end(old, _signal(gracefully))
        self._successors.append(place)


class Proxy(Member):
    """The only one of its kind at its port: its successor starts beside it and takes its sockets over."""

    async def restart(self, *, gracefully: bool) -> None:
        if not gracefully:
            await super().restart(gracefully=False)
            return
        old, new = self._running(), await self._started(self._launch)
        ends = [asyncio.create_task(each.wait()) for each in (old, new)]
        async with asyncio.timeout(_PATIENCE):
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if old.returncode != 0 or new.returncode is not None:
            raise RuntimeError(f"{self.name} was not followed: {old.returncode}, {new.returncode}")
        self._process = new
        await asyncio.sleep(_MIN_READY_SECONDS)


def _signal(gracefully: bool) -> signal.Signals:
    return signal.SIGTERM if gracefully else signal.SIGKILL


async def _end(process: asyncio.subprocess.Process, number: signal.Signals) -> int:
    if process.returncode is None:
        process.send_signal(number)
    async with asyncio.timeout(_PATIENCE):
        return await process.wait()
