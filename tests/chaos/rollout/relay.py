"""A Service's own address: each connection goes to one of the pods that are ready, and stays there."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

__all__ = ["Relay"]

_CHUNK = 1 << 16
_NEWS_SECONDS = 1.0
"""How long it takes until a node knows of a change, in which the old pods are still chosen."""


class Relay:
    """As kube-proxy does it: TCP, round robin, no second try."""

    def __init__(self, address: str, port: int) -> None:
        self.address, self.port = address, port
        self._pods: Sequence[tuple[str, int]] = ()
        self._turns = itertools.count()
        self._connections: set[asyncio.Task[None]] = set()

    def point(self, pods: Sequence[tuple[str, int]]) -> None:
        """Names the `host, port` of each ready pod; heard of a moment later, but for the first ones."""
        if self._pods:
            asyncio.get_running_loop().call_later(_NEWS_SECONDS, self._hear, tuple(pods))
        else:
            self._hear(pods)

    def _hear(self, pods: Sequence[tuple[str, int]]) -> None:
        self._pods = pods

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._accept, self.address, self.port, backlog=1024)
        try:
            yield
        finally:
            server.close()
            for connection in self._connections:
                connection.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        pods = self._pods
        try:
            host, port = pods[next(self._turns) % len(pods)] if pods else ("", 0)
            theirs, ours = await asyncio.open_connection(host, port)
        except OSError:
            writer.transport.abort()
            return
        try:
            await asyncio.gather(_carry(reader, ours), _carry(theirs, writer))
        finally:
            ours.transport.abort()
            writer.transport.abort()


async def _carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await source.read(_CHUNK):
            sink.write(chunk)
            await sink.drain()
        sink.write_eof()
