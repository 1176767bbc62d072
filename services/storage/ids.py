"""Ids: UUID version 7 (RFC 9562, section 5.7), so that ids sort by their time of creation."""

import secrets
import threading
import time
import uuid

__all__ = ["uuid7"]

_COUNTER_BITS = 12
_COUNTER_MAX = (1 << _COUNTER_BITS) - 1


class _Clock:
    """Milliseconds and a counter that together only grow (RFC 9562, section 6.2, method 1).

    The counter starts low and at random in each millisecond; when it overflows, or the clock steps back, time is
    taken from the last id instead.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._millis = 0
        self._counter = 0

    def next(self) -> tuple[int, int]:
        now = time.time_ns() // 1_000_000
        with self._lock:
            if now > self._millis:
                self._millis, self._counter = now, secrets.randbits(_COUNTER_BITS - 1)
            elif self._counter < _COUNTER_MAX:
                self._counter += 1
            else:
                self._millis, self._counter = self._millis + 1, secrets.randbits(_COUNTER_BITS - 1)
            return self._millis, self._counter


_clock = _Clock()


def uuid7() -> str:
    """A new id in canonical form. Within a process each one sorts after those before it."""
    millis, counter = _clock.next()
    value = millis << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=value))
