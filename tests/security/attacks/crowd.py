"""Attackers are several: the same attack from a few threads or over many connections at once."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterable

from tests.security.attacks.door import Door, Tally, drained

__all__ = ["hold", "press", "stream_of", "together"]

_THREADS = 2
_PAUSE_AFTER_REFUSAL = 0.02


def press(door: Door, seconds: float, opening: bytes, volley: bytes, count: int, *, read: bool = True) -> Tally:
    """From `_THREADS` connections at once: `opening`, then `volley` again and again; reconnects when cut.

    Args:
        count: units of the attack in one volley.
        read: whether answers are taken off the connection, as an attacker who wants to go on does.
    """
    return together(lambda tally, end: _press_one(door, end, opening, volley, count, tally, read=read), seconds)


def stream_of(door: Door, seconds: float, conversation: Iterable[bytes] | Callable[[], Iterable[bytes]]) -> Tally:
    """From `_THREADS` connections at once: all pieces of a conversation, one unit each, then a new connection."""
    pieces = conversation if callable(conversation) else lambda: conversation
    return together(lambda tally, end: _converse(door, end, pieces, tally), seconds)


Over = Callable[[bytes], bool]
"""Whether the server, by what it has said so far, keeps nothing of the attacker's any more."""


def hold(
    door: Door, seconds: float, words: bytes, connections: int, *, raw: bool = False, over: Over | None = None
) -> Tally:
    """Opens `connections`, says `words` on each, and waits for the server to lose patience; then again, as long as
    there is time for it.

    Args:
        raw: whether nothing precedes the words, not even a TLS handshake.
        over: None reads nothing of what the server says.
    """
    end, total = time.monotonic() + seconds, Tally()
    while True:
        began = time.monotonic()
        wave = _wave(door, end, words, connections, raw=raw, over=over)
        total.add(wave)
        now = time.monotonic()
        if wave.held or now + (now - began) > end:
            return total


def _wave(door: Door, end: float, words: bytes, connections: int, *, raw: bool, over: Over | None) -> Tally:
    tally = Tally()
    held: dict[socket.socket, bytearray] = {}
    for _ in range(connections):
        if time.monotonic() > end:
            break
        if (connection := _taken(door, words, raw=raw)) is None:
            tally.refused += 1
            continue
        tally.sent += 1
        held[connection] = bytearray()
    while time.monotonic() < end and held:
        _let_go(held, tally, over)
        time.sleep(0.1)
    _let_go(held, tally, over)
    tally.held = len(held)
    for connection in held:
        connection.close()
    return tally


def _taken(door: Door, words: bytes, *, raw: bool) -> socket.socket | None:
    try:
        connection = door.raw() if raw else door.connect()
        connection.sendall(words)
    except OSError:
        return None
    return connection


def _let_go(held: dict[socket.socket, bytearray], tally: Tally, over: Over | None) -> None:
    """Forgets the connections on which the server keeps nothing any more."""
    for connection, heard in list(held.items()):
        standing = _established(connection) if over is None else drained(connection, heard) and not over(bytes(heard))
        if not standing:
            connection.close()
            del held[connection]
            tally.cut += 1


def _established(connection: socket.socket) -> bool:
    """Whether the connection stands, without reading from it: the kernel's state of the socket (tcp(7), TCP_INFO)."""
    established = 1
    return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == established


def together(work: Callable[[Tally, float], None], seconds: float) -> Tally:
    """Does `work(tally, end)` in a few threads until the time is over, and adds up what became of it."""
    total, end = Tally(), time.monotonic() + seconds
    tallies = [Tally() for _ in range(_THREADS)]
    threads = [threading.Thread(target=work, args=(tally, end)) for tally in tallies]
    for thread in threads:
        thread.start()
    for thread, tally in zip(threads, tallies, strict=True):
        thread.join()
        total.add(tally)
    return total


def _press_one(door: Door, end: float, opening: bytes, volley: bytes, count: int, tally: Tally, *, read: bool) -> None:
    while time.monotonic() < end:
        connection = _opened(door, opening, tally)
        if connection is None:
            continue
        with contextlib.closing(connection):
            while time.monotonic() < end:
                if not _sent(connection, volley, end) or (read and not drained(connection)):
                    tally.cut += time.monotonic() < end
                    break
                tally.sent += count
            else:
                tally.held += 1


def _converse(door: Door, end: float, pieces: Callable[[], Iterable[bytes]], tally: Tally) -> None:
    while time.monotonic() < end:
        connection = _opened(door, b"", tally)
        if connection is None:
            continue
        with contextlib.closing(connection):
            for piece in pieces():
                if time.monotonic() > end:
                    return
                if not _sent(connection, piece, end) or not drained(connection):
                    tally.cut += 1
                    break
                tally.sent += 1


def _opened(door: Door, opening: bytes, tally: Tally) -> socket.socket | None:
    try:
        connection = door.connect()
        connection.sendall(opening)
    except OSError:
        tally.refused += 1
        time.sleep(_PAUSE_AFTER_REFUSAL)
        return None
    return connection


def _sent(connection: socket.socket, volley: bytes, end: float) -> bool:
    """Sends everything; a server that takes no more is pressed until the end, one that has gone is not."""
    connection.settimeout(max(0.05, end - time.monotonic()))
    try:
        connection.sendall(volley)
    except TimeoutError:
        return True
    except OSError:
        return False
    return True
