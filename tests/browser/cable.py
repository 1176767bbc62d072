"""The cable between a browser and the front door, which a test can pull out."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

__all__ = ["Cable", "cable"]


class Cable:
    """Passes bytes on between a port of its own and the front door."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target, self._lock = target, threading.Lock()
        self._ends: set[socket.socket] = set()
        self._out, self._ended = False, False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, name="cable")]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def pull(self) -> None:
        """Breaks every connection, and each that is tried from now on."""
        with self._lock:
            self._out = True
            for end in self._ends:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def plug(self) -> None:
        with self._lock:
            self._out = False

    def close(self) -> None:
        self._ended = True
        self.pull()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while not self._ended:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                if self._out:
                    near.close()
                    continue
                far = socket.create_connection(self._target)
                self._ends |= {near, far}
            for pair in ((near, far), (far, near)):
                self._threads.append(threading.Thread(target=self._pass_on, args=pair, name="cable"))
                self._threads[-1].start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_WR)
        with self._lock:
            # The second of the two that is done closes both.
            if one not in self._ends:
                one.close()
                other.close()
            self._ends -= {one, other}


@contextmanager
def cable(url: str) -> Iterator[Cable]:
    address = urlsplit(url)
    plugged = Cable((str(address.hostname), int(address.port or 80)))
    try:
        yield plugged
    finally:
        plugged.close()
