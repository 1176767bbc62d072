"""Unix sockets by a name in a folder. A socket's path may have 107 bytes only, so it is never spelled out."""

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

__all__ = ["bound_unix", "connect_unix"]


def bound_unix(folder: Path, name: str, backlog: int) -> socket.socket:
    """A socket that listens in `folder` and that only its owner may open, in the place of whatever had the name."""
    result = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _inside(folder):
            Path(name).unlink(missing_ok=True)
            result.bind(name)
            os.chmod(name, 0o600)
        result.listen(backlog)
        result.setblocking(False)
    except OSError:
        result.close()
        raise
    return result


def connect_unix(folder: Path, name: str) -> socket.socket:
    """A connection to a socket in `folder`.

    Raises:
        OSError: nobody listens.
    """
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _inside(folder):
            client.connect(name)
    except OSError:
        client.close()
        raise
    client.setblocking(False)
    return client


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """For a moment and without awaiting: the working directory is the whole process's."""
    with contextlib.chdir(folder):
        yield
