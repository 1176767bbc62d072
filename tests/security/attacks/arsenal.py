"""All attacks by name, and which door each is for."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.security.attacks import bombs, floods, neighbour, rest, slow
from tests.security.attacks.door import Door, Tally

__all__ = ["ATTACKS", "Attack"]

BRIEF, PATIENT, MOST_PATIENT = 2.5, 8.0, 12.0
"""Seconds: a flood shows at once; who waits for a server to lose patience has to wait."""


@dataclass(frozen=True, slots=True)
class Attack:
    """An attack.

    Attributes:
        run: attacks a door for some seconds.
        doors: `grpc` and `rest` of the edge, `uncached` for REST without the cache in front; a service inside the mesh
            for a neighbour whom it does not know (`service`) and for a workload that it admits (`insider`).
        seconds: how long it takes to show.
    """

    name: str
    run: Callable[[Door, float], Tally]
    doors: tuple[str, ...]
    seconds: float = BRIEF


_HTTP2 = ("grpc", "insider")
_HTTP1 = ("rest", "uncached")
_NEIGHBOUR = ("service",)


def _nothing(door: Door, seconds: float) -> Tally:
    time.sleep(seconds)
    return Tally()


_LIST = (
    Attack("no attack", _nothing, ("grpc", "rest", "uncached", "service", "insider")),
    Attack("rapid reset", floods.rapid_reset, _HTTP2),
    Attack("CONTINUATION flood", floods.continuation_flood, _HTTP2),
    Attack("PING flood", floods.ping_flood, _HTTP2),
    Attack("SETTINGS flood", floods.settings_flood, _HTTP2),
    Attack("header size", bombs.header_size_flood, _HTTP2),
    Attack("header count", bombs.header_count_flood, _HTTP2),
    Attack("hpack bomb", bombs.hpack_bomb, _HTTP2),
    Attack("oversize message", bombs.oversize_message, _HTTP2),
    Attack("gzip message bomb", bombs.gzip_bomb, _HTTP2),
    Attack("zero window", slow.zero_window, _HTTP2),
    Attack("slow preface", slow.slow_preface, ("grpc", *_NEIGHBOUR), MOST_PATIENT),
    Attack("slow headers", slow.slow_headers, _HTTP2, PATIENT),
    Attack("slow body", slow.slow_body, _HTTP2, PATIENT),
    Attack("many connections", slow.many_connections, ("grpc", *_NEIGHBOUR)),
    Attack("header size h1", rest.header_size, _HTTP1),
    Attack("header count h1", rest.header_count, _HTTP1),
    Attack("oversize body", rest.oversize_body, _HTTP1),
    Attack("content-encoding bomb", rest.content_encoding_bomb, _HTTP1),
    Attack("deep JSON", rest.deep_json, _HTTP1),
    Attack("unread answers", rest.unread_answers, _HTTP1),
    Attack("slow headers h1", slow.slow_headers_http1, _HTTP1, PATIENT),
    Attack("slow body h1", slow.slow_body_http1, _HTTP1, MOST_PATIENT),
    Attack("many connections h1", slow.many_connections, _HTTP1),
    Attack("handshakes", neighbour.handshakes, _NEIGHBOUR),
    Attack("half handshakes", neighbour.half_handshakes, _NEIGHBOUR, MOST_PATIENT),
    Attack("garbage", neighbour.garbage, _NEIGHBOUR),
    Attack("plaintext", neighbour.plaintext, _NEIGHBOUR),
    Attack("no certificate", neighbour.no_certificate, _NEIGHBOUR),
    Attack("foreign certificate", neighbour.foreign_certificate, _NEIGHBOUR),
    Attack("unadmitted workload", neighbour.unadmitted, _NEIGHBOUR),
)
ATTACKS = {attack.name: attack for attack in _LIST}
