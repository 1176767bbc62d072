"""One process of a fleet, and how it is restarted with and without manners."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

__all__ = ["Member", "Proxy", "Replica"]

_PATIENCE = 60.0


class Member:
    """A Python module as a process; its output goes to `<home>/<name>.log`.

    Args:
        command: the module and its arguments.
        ready: whether it does its work.
    """

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], ready: Callable[[], Awaitable[bool]]
    ) -> None:
        self.name, self._command, self._environment, self._ready = name, command, environment, ready
        self._process: asyncio.subprocess.Process | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        await self._start()
        try:
            yield
        finally:
            await self._end(signal.SIGTERM)

    async def restart(self, *, gracefully: bool) -> None:
        """Ends the process and starts another in its place; returns when that is ready.

        Args:
            gracefully: by SIGTERM, which drains; else by SIGKILL.
        """
        await self._end(signal.SIGTERM if gracefully else signal.SIGKILL)
        await self._start()

    async def _start(self) -> None:
        log = Path(self._environment["HAMLET_HOME"]) / f"{self.name}.log"
        with log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", *self._command),
                env=dict(self._environment),
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
            )
        async with asyncio.timeout(_PATIENCE):
            while not await self._ready():
                if self._process.returncode is not None:
                    raise RuntimeError(f"{self.name} ended at its start:\n{log.read_text()[-4000:]}")
                await asyncio.sleep(0.05)

    async def _end(self, number: signal.Signals) -> None:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(number)
        async with asyncio.timeout(_PATIENCE):
            await self._process.wait()


class Replica(Member):
    """A service's process. Another one serves meanwhile."""


class Proxy(Member):
    """The only one of its kind at its port, so it hands its sockets over to its successor on SIGHUP."""

    async def restart(self, *, gracefully: bool) -> None:
        if not gracefully:
            await super().restart(gracefully=False)
            return
        assert self._process is not None
        before = self._children()
        self._process.send_signal(signal.SIGHUP)
        async with asyncio.timeout(_PATIENCE):
            while before & self._children() or not self._children():
                await asyncio.sleep(0.05)

    def _children(self) -> set[int]:
        """The proxies below the process that looks after them."""
        assert self._process is not None
        pid = self._process.pid
        return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}
