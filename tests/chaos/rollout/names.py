"""The cluster's DNS: a headless Service's name has the address of each of its pods that is ready."""

import asyncio
import struct
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

__all__ = ["ADDRESS", "SEARCH", "Names", "serving_names"]

ADDRESS = "127.0.0.1"
SEARCH = "hamlet.svc.cluster.local"
_PORT = 53
_TTL_SECONDS = 5
"""CoreDNS's default for a cluster's names. It keeps an answer for as long, so what it says may be that old."""

_TYPE_A, _ANSWER, _NO_SUCH_NAME = 1, 0x8400, 0x8403
_HEADER = struct.Struct("!6H")


class Names:
    """The names of one namespace, and the answers to questions about them (RFC 1035; addresses of IPv4 alone).

    Args:
        now: seconds of a clock that only goes forward.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._addresses: dict[str, tuple[str, ...]] = {}
        self._kept: dict[str, tuple[float, tuple[str, ...]]] = {}

    def publish(self, name: str, addresses: Iterable[str]) -> None:
        self._addresses[name] = tuple(addresses)

    def look_up(self, name: str) -> tuple[str, ...] | None:
        """The addresses as they were at most five seconds ago; None for a name that does not exist."""
        if name not in self._addresses:
            return None
        since, addresses = self._kept.get(name, (float("-inf"), ()))
        if self._now() - since >= _TTL_SECONDS:
            addresses = self._addresses[name]
            self._kept[name] = self._now(), addresses
        return addresses

    def answer(self, question: bytes) -> bytes:
        """The answer to a message with one question."""
        number, *_ = _HEADER.unpack_from(question)
        labels, at = [], _HEADER.size
        while length := question[at]:
            labels.append(question[at + 1 : at + 1 + length].decode("ascii").lower())
            at += 1 + length
        end = at + 5
        kind, _ = struct.unpack_from("!2H", question, at + 1)
        name, _, domain = ".".join(labels).partition(".")
        found = self.look_up(name) if domain == SEARCH else None
        records = [_record(each) for each in found or () if kind == _TYPE_A]
        status = _NO_SUCH_NAME if found is None else _ANSWER
        return _HEADER.pack(number, status, 1, len(records), 0, 0) + question[_HEADER.size : end] + b"".join(records)


def _record(address: str) -> bytes:
    return struct.pack("!3HIH4B", 0xC00C, _TYPE_A, 1, _TTL_SECONDS, 4, *map(int, address.split(".")))


class _Server(asyncio.DatagramProtocol):
    def __init__(self, names: Names) -> None:
        self._names = names

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override] # of datagrams
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._transport.sendto(self._names.answer(data), addr)


@asynccontextmanager
async def serving_names(names: Names, port: int = _PORT) -> AsyncIterator[int]:
    """Answers where the resolver of `rollout.namespace` asks, or at another port. Yields the port."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Server(names), local_addr=(ADDRESS, port))
    try:
        yield int(transport.get_extra_info("sockname")[1])
    finally:
        transport.close()
