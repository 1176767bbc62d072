"""What a service gets from the mesh: its settings, a server, channels to its peers, and background work that ends."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog

from mesh.channel import MeshChannel
from mesh.settings import MeshSettings
from mesh.telemetry import Telemetry

__all__ = ["Application", "Runtime"]

_log = structlog.get_logger(__name__)

Connect = Callable[[str], MeshChannel]


@dataclass(slots=True)
class Runtime:
    """Handed to a service's `app`.

    Attributes:
        name: the workload's name, such as `blog`.
        connect: opens a channel to a peer by its name.
    """

    name: str
    settings: MeshSettings
    telemetry: Telemetry
    connect: Connect
    _channels: dict[str, MeshChannel] = field(default_factory=dict)

    def channel(self, peer: str) -> MeshChannel:
        """The channel to a peer; it is opened once and closed with the process."""
        if peer not in self._channels:
            self._channels[peer] = self.connect(peer)
        return self._channels[peer]

    @asynccontextmanager
    async def background(self, work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[asyncio.Task[None]]:
        """Runs `work` beside the server until the block ends, then cancels it. Its failure is logged, not swallowed."""
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(_report)
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def close(self) -> None:
        for channel in self._channels.values():
            await channel.close()


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("background work failed", task=task.get_name(), error_type=type(error).__qualname__)


Application = Callable[[Runtime, Any], AbstractAsyncContextManager[None]]
"""A service: `async with application(runtime, server)` adds its servicers to the server and holds what they need."""
