"""As little of an HTTP/1.1 client as can be, because its own time would be taken for the server's."""

import asyncio
import re

__all__ = ["RestClient", "UnexpectedStatusError"]

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class UnexpectedStatusError(Exception):
    """An answer other than 200."""


class RestClient:
    """A few connections that are kept; one that failed is made anew."""

    def __init__(self, port: int, *, connections: int) -> None:
        self._port = port
        self._free: asyncio.Queue[_Connection | None] = asyncio.Queue()
        for _ in range(connections):
            self._free.put_nowait(None)

    async def get(self, path: str) -> bytes:
        """The body of a 200.

        Raises:
            UnexpectedStatusError, OSError, EOFError: there was none.
        """
        connection = await self._free.get()
        kept = None
        try:
            connection = connection or await asyncio.open_connection("127.0.0.1", self._port)
            body = await _exchange(connection, path)
            kept = connection
        finally:
            if kept is None and connection is not None:
                connection[1].close()
            self._free.put_nowait(kept)
        return body

    def close(self) -> None:
        while not self._free.empty():
            if (connection := self._free.get_nowait()) is not None:
                connection[1].close()


async def _exchange(connection: _Connection, path: str) -> bytes:
    reader, writer = connection
    writer.write(f"GET {path} HTTP/1.1\r\nHost: hamlet.example\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 "):
        raise UnexpectedStatusError(head.split(b"\r\n", 1)[0].decode(errors="replace"))
    length = _LENGTH.search(head)
    if length is None:
        raise UnexpectedStatusError("an answer without a length")
    return await reader.readexactly(int(length[1]))
