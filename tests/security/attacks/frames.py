"""HTTP/2 by hand (RFC 9113): frames that a well-behaved library would not send."""

from collections.abc import Iterable, Sequence

from hpack import Encoder
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from tests.security.attacks.door import Door

__all__ = [
    "CANCEL",
    "GET_POST",
    "PREFACE",
    "Header",
    "block_of",
    "continuation",
    "data",
    "ends_stream",
    "grpc_headers",
    "grpc_message",
    "headers",
    "headers_block",
    "hello",
    "literal",
    "ping",
    "reset",
    "serialized",
    "settings",
    "settings_ack",
    "window_update",
]

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
GET_POST = "/hamlet.blog.v1.PostReadingService/GetPost"
CANCEL = 8
Header = tuple[str, str]


def hello(changes: dict[int, int] | None = None) -> bytes:
    """The client's preface and its first SETTINGS."""
    return PREFACE + settings(changes or {})


def grpc_headers(door: Door, path: str = GET_POST, extra: Sequence[Header] = ()) -> list[Header]:
    return [
        (":method", "POST"),
        (":scheme", door.scheme),
        (":path", path),
        (":authority", door.server_name or "hamlet.example"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
        *extra,
    ]


def grpc_message(payload: bytes, *, compressed: bool = False) -> bytes:
    """A length-prefixed message as gRPC frames it."""
    return bytes([compressed]) + len(payload).to_bytes(4, "big") + payload


def serialized(frames: Iterable[Frame]) -> bytes:
    return b"".join(frame.serialize() for frame in frames)


def headers(stream: int, fields: Sequence[Header], *, end_headers: bool = True, end_stream: bool = False) -> bytes:
    """A HEADERS frame that leaves nothing in the receiver's dynamic table, so that its bytes can be sent again."""
    return headers_block(stream, block_of(fields), end_headers=end_headers, end_stream=end_stream)


def block_of(fields: Sequence[Header]) -> bytes:
    """A field block (RFC 7541) of literals that are never indexed."""
    return Encoder().encode([(name, value, True) for name, value in fields], huffman=False)


def literal(name: bytes, value: bytes, *, indexed: bool = False) -> bytes:
    """One field without Huffman coding (RFC 7541, 6.2); `indexed` puts it into the receiver's dynamic table."""
    return (b"\x40" if indexed else b"\x00") + _length(len(name)) + name + _length(len(value)) + value


def headers_block(stream: int, block: bytes, *, end_headers: bool = True, end_stream: bool = False) -> bytes:
    """A HEADERS frame with a field block that is ready."""
    frame = HeadersFrame(stream, block)
    if end_headers:
        frame.flags.add("END_HEADERS")
    if end_stream:
        frame.flags.add("END_STREAM")
    return frame.serialize()


def continuation(stream: int, block: bytes, *, end_headers: bool = False) -> bytes:
    frame = ContinuationFrame(stream, block)
    if end_headers:
        frame.flags.add("END_HEADERS")
    return frame.serialize()


def data(stream: int, payload: bytes, *, end_stream: bool = False) -> bytes:
    frame = DataFrame(stream, payload)
    if end_stream:
        frame.flags.add("END_STREAM")
    return frame.serialize()


def reset(stream: int, code: int = CANCEL) -> bytes:
    return RstStreamFrame(stream, error_code=code).serialize()


def ping() -> bytes:
    return PingFrame(0, b"attacker").serialize()


def settings(changes: dict[int, int]) -> bytes:
    return SettingsFrame(0, changes).serialize()


def settings_ack() -> bytes:
    return SettingsFrame(0, flags=["ACK"]).serialize()


def window_update(stream: int, increment: int) -> bytes:
    return WindowUpdateFrame(stream, increment).serialize()


def ends_stream(received: bytes) -> bool:
    """Whether there is an answer or a reset among whole frames, which is how a server lets a request go."""
    at = 0
    while at + 9 <= len(received):
        if received[at + 3] in (HeadersFrame.type, RstStreamFrame.type):
            return True
        at += 9 + int.from_bytes(received[at : at + 3], "big")
    return False


def _length(number: int) -> bytes:
    """An integer with a prefix of seven bits (RFC 7541, 5.1)."""
    if number < 127:
        return bytes([number])
    encoded, number = bytearray([127]), number - 127
    while number >= 128:
        encoded.append(number % 128 + 128)
        number //= 128
    encoded.append(number)
    return bytes(encoded)
