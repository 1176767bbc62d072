"""How a process hands what it holds to the one that was started to follow it, so that nobody outside notices.

Each listens on a Unix socket that only its owner may open. One that starts asks there first: it is handed words and
open sockets (SCM_RIGHTS, unix(7)), serves on them, says so, and only then the other leaves. One that dies before it
has said so was never there.
"""

import asyncio
import json
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from mesh.edge.unix_sockets import bound_unix, connect_unix

__all__ = ["Estate", "Succession", "SuccessionError"]

_READY = b"ready"
_BACKLOG, _MOST_BYTES, _MOST_SOCKETS = 16, 4096, 250
_PATIENCE_SECONDS = 60.0
_log = structlog.get_logger(__name__)


class SuccessionError(Exception):
    """One cannot take the other's place; the text says why, to the operator."""


@dataclass(frozen=True, slots=True)
class Estate:
    """What a process leaves: words, which JSON can write, and open sockets."""

    words: Mapping[str, Any]
    sockets: Sequence[socket.socket] = ()

    def refuse_change(self, **settings: object) -> None:
        """A successor has the sockets of the one before, so what decides them has to be as it was.

        Raises:
            SuccessionError: one of `settings` is not what `words` say.
        """
        for name, wanted in settings.items():
            if self.words[name] != wanted:
                raise SuccessionError(
                    f"{name} is {self.words[name]} where one runs that should be followed, and {wanted} here: "
                    "end that one first"
                )


class Succession:
    """One process's place in its line.

    Args:
        name: of the socket in `folder` by which the line is known.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._before: socket.socket | None = None
        self._after: socket.socket | None = None
        self._listening: socket.socket | None = None

    async def inherit(self, patience: float = _PATIENCE_SECONDS) -> Estate | None:
        """What the process that runs hands over. None: none runs, or the one that did has ended meanwhile.

        Raises:
            SuccessionError: it does not answer.
        """
        while True:
            try:
                before = connect_unix(self._folder, self._name)
            except (FileNotFoundError, ConnectionRefusedError):
                return None
            before.settimeout(patience)
            try:
                text, descriptors, *_ = await asyncio.to_thread(socket.recv_fds, before, _MOST_BYTES, _MOST_SOCKETS)
            except TimeoutError:
                before.close()
                raise SuccessionError(f"the process at {self._folder / self._name} does not answer") from None
            except ConnectionResetError:
                text = b""
            if text:
                before.setblocking(False)
                self._before = before
                return Estate(json.loads(text), [socket.socket(fileno=each) for each in descriptors])
            before.close()

    async def take_over(self, patience: float = _PATIENCE_SECONDS) -> None:
        """Says that this one serves, returns when the one before holds nothing any more that only one can hold, and
        stands where that one stood."""
        if self._before is not None:
            loop = asyncio.get_running_loop()
            try:
                async with asyncio.timeout(patience):
                    await loop.sock_sendall(self._before, _READY)
                    await loop.sock_recv(self._before, 1)
            except (OSError, TimeoutError) as error:
                # It has ended, or will be ended by whoever looks after it. This one serves.
                _log.warning("the one before did not say good-bye", said=str(error))
            self._before.close()
        beginning = f"{self._name}.{os.getpid()}"
        self._listening = bound_unix(self._folder, beginning, _BACKLOG)
        # Renamed, so that the name is never without a socket: who finds none begins anew.
        (self._folder / beginning).rename(self._folder / self._name)

    async def until_followed(self, handing_over: Callable[[], AbstractAsyncContextManager[Estate]]) -> None:
        """Returns when another serves on what `handing_over` gave it; `let_go` is due then.

        Args:
            handing_over: entered for each that tries; nothing of the estate may change until it is left.
        """
        assert self._listening is not None  # noqa: S101 - take_over comes first
        loop = asyncio.get_running_loop()
        while True:
            after, _ = await loop.sock_accept(self._listening)
            after.setblocking(False)
            try:
                async with handing_over() as estate, asyncio.timeout(_PATIENCE_SECONDS):
                    descriptors = [each.fileno() for each in estate.sockets]
                    socket.send_fds(after, [json.dumps(dict(estate.words)).encode()], descriptors)
                    if await loop.sock_recv(after, len(_READY)) == _READY:
                        self._after = after
                        return
                _log.warning("a successor ended before it served")
            except (OSError, TimeoutError) as error:
                _log.warning("a successor did not come to serve", said=str(error))
            except BaseException:
                after.close()
                raise
            after.close()

    def let_go(self) -> None:
        """Tells the successor that everything is its own now."""
        if self._after is not None:
            self._after.close()

    def close(self) -> None:
        """Leaves the line: to the one before this was a try that failed, to the one after there is nobody."""
        for each in (self._before, self._listening, self._after):
            if each is not None:
                each.close()
