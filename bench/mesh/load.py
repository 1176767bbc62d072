"""A closed-loop load generator that costs little beside a Python server: frames made beforehand, answers counted."""

import selectors
import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from bench.mesh.frames import PREFACE, Answers, FailedError, data, headers, ready_blocks, window

__all__ = ["Connection", "Headers", "client_tls", "drive"]

_READ = 1 << 18
_SILENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Headers:
    """What every call carries, and the trace context that each carries in turn."""

    path: str
    authority: str
    token: str
    traceparents: Sequence[str]

    def blocks(self) -> tuple[bytes, list[bytes]]:
        fixed = [
            (":method", "POST"),
            (":scheme", "https"),
            (":path", self.path),
            (":authority", self.authority),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
            ("grpc-timeout", "4S"),
            ("user-agent", "grpc-python-asyncio/1.85.1"),
            ("authorization", f"Bearer {self.token}"),
        ]
        return ready_blocks(fixed, [("traceparent", each) for each in self.traceparents])


def client_tls(folder: Path) -> ssl.SSLContext:
    """mTLS with a workload's certificate (`tls.crt`, `tls.key`, `ca.crt` in `folder`)."""
    context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    context.set_alpn_protocols(["h2"])
    return context


class Connection:
    """One HTTP/2 connection with `streams` calls in flight."""

    def __init__(self, port: int, tls: ssl.SSLContext | None, calls: Headers, message: bytes, streams: int) -> None:
        plain = socket.create_connection(("127.0.0.1", port), timeout=_SILENCE_SECONDS)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = plain if tls is None else tls.wrap_socket(plain, server_hostname=calls.authority)
        first, blocks = calls.blocks()
        self._blocks, self._message, self._streams = cycle(blocks), message, streams
        self._answers, self._next, self._out = Answers(), 3, b""
        self._cost = len(message) + 5
        self._wanted = 0
        self.socket.sendall(PREFACE + headers(1, first) + data(1, message))
        while not self._answers.feed(self._come()):
            self._flush()
        self._flush()
        self.socket.setblocking(False)

    def call(self, number: int) -> None:
        """Starts so many calls, as soon as the server has room for them."""
        self._wanted += number
        made = []
        while self._wanted and self._answers.allowance >= self._cost:
            made.append(headers(self._next, next(self._blocks)) + data(self._next, self._message))
            self._answers.allowance -= self._cost
            self._next += 2
            self._wanted -= 1
        self._out += b"".join(made)
        self._flush()

    def read(self) -> int:
        """How many calls were answered."""
        done = 0
        while True:
            try:
                done += self._answers.feed(self._come())
            except (BlockingIOError, ssl.SSLWantReadError):
                return done

    def close(self) -> None:
        self.socket.close()

    def _come(self) -> bytes:
        came = self.socket.recv(_READ)
        if not came:
            raise FailedError("the server hung up")
        return came

    def _flush(self) -> None:
        answers = self._answers
        if answers.received:
            answers.replies += window(answers.received)
            answers.received = 0
        self._out, answers.replies = self._out + answers.replies, b""
        while self._out:
            try:
                self._out = self._out[self.socket.send(self._out) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                return


def drive(connections: Sequence[Connection], streams: int, seconds: float) -> tuple[int, int]:
    """Keeps `streams` calls in flight on each connection for so long, then waits for the last ones.

    Returns:
        How many calls were answered within `seconds`, and in all.

    Raises:
        FailedError: a call failed.
        TimeoutError: the server fell silent.
    """
    with selectors.DefaultSelector() as selector:
        for each in connections:
            selector.register(each.socket, selectors.EVENT_READ, each)
        end = time.perf_counter() + seconds
        in_time, calls, flying = 0, 0, 0
        for each in connections:
            each.call(streams)
            flying += streams
        while flying:
            ready = selector.select(_SILENCE_SECONDS)
            if not ready:
                raise TimeoutError(f"{flying} calls without an answer")
            going = time.perf_counter() < end
            for key, _ in ready:
                done = key.data.read()
                calls += done
                flying -= done
                if going:
                    in_time += done
                    flying += done
                key.data.call(done if going else 0)
    return in_time, calls
