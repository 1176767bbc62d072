"""What a stranger can do to the front door with HTTP/1.1 alone."""

from tests.security.attacks.bombs import compressed_zeros
from tests.security.attacks.crowd import hold, stream_of
from tests.security.attacks.door import Door, Tally

__all__ = ["content_encoding_bomb", "deep_json", "header_count", "header_size", "oversize_body", "unread_answers"]

_POST = "/v1/posts/0190b6a5-7c00-7000-8000-00000000dead/comments"
_PIECE = 64 * 1024
_OVERSIZE = 64 * 1024 * 1024
_DEPTH = 200_000
_READERS = 60


def oversize_body(door: Door, seconds: float) -> Tally:
    """A body of 64 MiB in chunks, whose size nobody is told beforehand."""
    chunk = f"{_PIECE:x}\r\n".encode() + b"a" * _PIECE + b"\r\n"
    opening = _head("POST", _POST, "Content-Type: application/json", "Transfer-Encoding: chunked")
    return stream_of(door, seconds, [opening, *[chunk] * (_OVERSIZE // _PIECE), b"0\r\n\r\n"])


def content_encoding_bomb(door: Door, seconds: float) -> Tally:
    """200 MB of zeros behind `Content-Encoding: gzip`."""
    bomb = compressed_zeros()
    fields = ("Content-Type: application/json", "Content-Encoding: gzip", f"Content-Length: {len(bomb)}")
    return stream_of(door, seconds, [_head("POST", _POST, *fields) + bomb] * 20)


def deep_json(door: Door, seconds: float) -> Tally:
    """Arrays in arrays, 200,000 deep, within the limit of size."""
    body = b'{"comment":{"body":' + b"[" * _DEPTH + b"]" * _DEPTH + b"}}"
    head = _head("POST", _POST, "Content-Type: application/json", f"Content-Length: {len(body)}")
    return stream_of(door, seconds, [head + body] * 50)


def header_size(door: Door, seconds: float) -> Tally:
    """A megabyte of headers in a request."""
    fields = [f"X-Fill-{number}: {'a' * 7_000}" for number in range(150)]
    return stream_of(door, seconds, [_head("GET", "/v1/posts:lookUp?slug=x", *fields)] * 50)


def header_count(door: Door, seconds: float) -> Tally:
    """5,000 headers in a request."""
    fields = [f"X{number}: 1" for number in range(5_000)]
    return stream_of(door, seconds, [_head("GET", "/v1/posts:lookUp?slug=x", *fields)] * 50)


def unread_answers(door: Door, seconds: float) -> Tally:
    """Long answers are asked for and not read."""
    return hold(door, seconds, _head("GET", "/v1/posts"), _READERS)


def _head(method: str, path: str, *fields: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: hamlet.example", *fields, "", ""]).encode()
