"""HTTP/2 frames, as many as a gRPC load needs (RFC 9113), and answers told apart without decoding each of them."""

import struct
from collections.abc import Iterator

import hpack

__all__ = ["ACK_SETTINGS", "PREFACE", "Answers", "FailedError", "data", "headers", "pong", "ready_blocks", "window"]

_DATA, _HEADERS, _SETTINGS, _PING, _GOAWAY, _WINDOW, _RESET = 0, 1, 4, 6, 7, 8, 3
_END_STREAM, _ACK, _END_HEADERS = 1, 1, 4
_WIDE = 2**31 - 1
_FULLY_INDEXED = 0x80

Header = tuple[str, str]


class FailedError(Exception):
    """The server answered with something else than OK, or hung up."""


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def window(increment: int) -> bytes:
    """Lets the server send `increment` bytes more on the connection."""
    return _frame(_WINDOW, 0, 0, struct.pack(">I", increment))


PREFACE = (
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _frame(_SETTINGS, 0, 0, struct.pack(">HI", 4, _WIDE)) + window(_WIDE - 65_535)
)
ACK_SETTINGS = _frame(_SETTINGS, _ACK, 0, b"")


def pong(payload: bytes) -> bytes:
    return _frame(_PING, _ACK, 0, payload)


def headers(stream: int, block: bytes) -> bytes:
    return _frame(_HEADERS, _END_HEADERS, stream, block)


def data(stream: int, message: bytes) -> bytes:
    """A gRPC message that ends its stream."""
    return _frame(_DATA, _END_STREAM, stream, b"\0" + struct.pack(">I", len(message)) + message)


def ready_blocks(fixed: list[Header], varying: list[Header]) -> tuple[bytes, list[bytes]]:
    """Header blocks (RFC 7541): the first call's, which fills the server's table, and one for each varying header that
    refers to it. Varying headers stay out of the table, so the blocks are good in any order and number.
    """
    encoder = hpack.Encoder()
    first = encoder.encode(fixed)
    again = encoder.encode(fixed)
    return first, [again + encoder.encode([hpack.NeverIndexedHeaderTuple(*each)]) for each in varying]


class Answers:
    """Reads one connection's frames. It decodes each kind of trailers once; those that consist of references to the
    table alone mean the same until the table changes.

    Attributes:
        allowance: bytes that may still be sent on the connection.
        replies: frames that the server waits for.
    """

    def __init__(self) -> None:
        self.allowance, self.received, self.replies = 65_535, 0, b""
        self._rest = b""
        self._decoder = hpack.Decoder()
        self._good: set[bytes] = set()

    def feed(self, came: bytes) -> int:
        """How many calls `came` completes.

        Raises:
            FailedError: a status other than OK, a stream reset, or a connection that is being closed.
        """
        ended = 0
        for kind, flags, payload in self._frames(came):
            if kind == _HEADERS:
                self._decode(payload, last=bool(flags & _END_STREAM))
                ended += flags & _END_STREAM
            elif kind == _DATA:
                self.received += len(payload)
            elif kind == _WINDOW:
                self.allowance += int.from_bytes(payload, "big")
            elif kind == _PING and not flags & _ACK:
                self.replies += pong(payload)
            elif kind == _SETTINGS and not flags & _ACK:
                self.replies += ACK_SETTINGS
            elif kind in {_GOAWAY, _RESET}:
                raise FailedError(f"frame {kind}: {payload!r}")
        return ended

    def _frames(self, came: bytes) -> Iterator[tuple[int, int, bytes]]:
        buffer, at = self._rest + came, 0
        stream_zero = memoryview(b"\0\0\0\0")
        while len(buffer) - at >= 9:
            end = at + 9 + (buffer[at] << 16 | buffer[at + 1] << 8 | buffer[at + 2])
            if end > len(buffer):
                break
            kind = buffer[at + 3]
            if kind != _WINDOW or buffer[at + 5 : at + 9] == stream_zero:
                yield kind, buffer[at + 4], buffer[at + 9 : end]
            at = end
        self._rest = buffer[at:]

    def _decode(self, block: bytes, *, last: bool) -> None:
        if block in self._good:
            return
        table = list(self._decoder.header_table.dynamic_entries)
        fields = {str(name): str(value) for name, value in self._decoder.decode(block)}
        if last and fields.get("grpc-status") != "0":
            raise FailedError(f"grpc-status {fields}")
        if list(self._decoder.header_table.dynamic_entries) != table:
            self._good.clear()
        if all(byte >= _FULLY_INDEXED for byte in block):
            self._good.add(block)
