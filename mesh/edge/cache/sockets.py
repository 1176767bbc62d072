"""The sockets that every nginx inherits: they outlive each of them, so that one can follow another without a gap.

nginx takes over listening sockets that its environment variable NGINX names; that is how it upgrades itself.
"""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mesh.edge.unix_sockets import bound_unix

__all__ = ["InheritedSockets"]

_BACKLOG = 4096


@dataclass(frozen=True, slots=True)
class InheritedSockets:
    """Listening sockets.

    Attributes:
        address: `host:port` of the front door, with the port that the system chose if it was 0.
        front: one a worker, so that the system spreads connections over them (SO_REUSEPORT).
        fetch: the Unix socket of the server behind the cache.
    """

    address: str
    front: tuple[socket.socket, ...]
    fetch: socket.socket

    @classmethod
    def open(cls, listen: str, workers: int, folder: Path, fetch: str) -> "InheritedSockets":
        """Binds everything.

        Args:
            folder: nginx's working directory, to which `fetch` is relative.

        Raises:
            OSError: the address is taken or unknown.
        """
        host, _, port = listen.rpartition(":")
        family, _, _, _, (name, number, *_) = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        opened: list[socket.socket] = []
        try:
            for _ in range(workers):
                opened.append(_bound_tcp(family, (str(name), int(number))))
                number = opened[0].getsockname()[1]
            opened.append(bound_unix(folder, fetch, _BACKLOG))
        except OSError:
            for each in opened:
                each.close()
            raise
        shown = str(name) if family == socket.AF_INET else f"[{name!s}]"
        return cls(f"{shown}:{int(number)}", tuple(opened[:-1]), opened[-1])

    @classmethod
    def inherited(cls, address: str, sockets: Sequence[socket.socket]) -> "InheritedSockets":
        """Those that another process has opened: `each` of it, in its order."""
        return cls(address, tuple(sockets[:-1]), sockets[-1])

    @property
    def each(self) -> tuple[socket.socket, ...]:
        return (*self.front, self.fetch)

    @property
    def descriptors(self) -> tuple[int, ...]:
        return tuple(each.fileno() for each in self.each)

    @property
    def environment(self) -> dict[str, str]:
        return {"NGINX": "".join(f"{each};" for each in self.descriptors)}

    def close(self) -> None:
        for each in self.each:
            each.close()


def _bound_tcp(family: int, address: tuple[str, int]) -> socket.socket:
    result = socket.socket(family, socket.SOCK_STREAM)
    try:
        result.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        result.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            result.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        result.bind(address)
        result.listen(_BACKLOG)
        result.setblocking(False)
    except OSError:
        result.close()
        raise
    return result
