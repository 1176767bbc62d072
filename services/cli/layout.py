"""Where a village on one machine keeps its things and listens: decided once at `hamlet up`, read by everything else."""

import json
import os
import secrets
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from mesh.edge.settings import EdgeSettings

__all__ = ["SERVICES", "Layout", "NotRunningError", "home"]

SERVICES = ("account", "blog", "comment", "spam")
WORKLOADS = (*SERVICES, "edge", "operator")
_FIRST_PORT = 50051
_PORTS = 65_536
_LOWEST_DRAWN, _DRAWN_FROM, _TRIES = 15_000, 15_000, 200


class NotRunningError(RuntimeError):
    """No village runs from this home folder."""


def home() -> Path:
    """`HAMLET_HOME`, or `var` in the current folder."""
    return Path(os.environ.get("HAMLET_HOME") or "var").absolute()


@dataclass(frozen=True, slots=True)
class Layout:
    """Ports on loopback, and the supervisor's process id.

    Attributes:
        edge: the front door, REST and gRPC-Web.
        grpc_door: the edge's door for native gRPC; these two ports are meant for others.
        grpc, metrics: by service.
        cached: whether the cache stands at the front door; cache_metrics: its port for Prometheus.
        front_renewals: how often `hamlet renew-front` has succeeded.
    """

    supervisor_pid: int
    edge: int
    grpc_door: int
    edge_admin: int
    receiver: int
    grpc: dict[str, int]
    metrics: dict[str, int]
    cached: bool
    cache_metrics: int
    jaeger_ui: int = 0
    front_renewals: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.edge}"

    def save(self, folder: Path) -> None:
        """Writes the layout atomically, so that a reader never sees half of it."""
        path = _path(folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(self), indent=2) + "\n")
        partial.replace(path)

    @classmethod
    def load(cls, folder: Path) -> "Layout":
        """The layout of the village that runs from `folder`.

        Raises:
            NotRunningError: none does.
        """
        try:
            layout = cls(**json.loads(_path(folder).read_text()))
        except FileNotFoundError:
            raise NotRunningError(f"no village runs from {folder}; start one with `hamlet up`") from None
        if not _alive(layout.supervisor_pid):
            raise NotRunningError(f"the village of {folder} has ended; start it with `hamlet up`")
        return layout

    @staticmethod
    def forget(folder: Path) -> None:
        _path(folder).unlink(missing_ok=True)

    @classmethod
    def choose(cls, edge_port: int) -> "Layout":
        """Takes the usual ports where they are free and others where they are not.

        Args:
            edge_port: the front door's port; 0 takes a free one.

        Raises:
            OSError: `edge_port` is taken.
        """
        if edge_port:
            _refuse_taken(edge_port)
        # Who takes a free front door runs several villages: none of them is at the usual places.
        first = _FIRST_PORT if edge_port else 0
        ports = _Ports()
        return cls(
            supervisor_pid=os.getpid(),
            edge=edge_port or ports.take(),
            grpc_door=ports.take(edge_port and (edge_port + 1) % _PORTS),
            edge_admin=ports.take(),
            receiver=ports.take(),
            grpc={name: ports.take(first and first + index) for index, name in enumerate(SERVICES)},
            metrics={name: ports.take(first and first + 100 + index) for index, name in enumerate(SERVICES)},
            cached=EdgeSettings().cache,
            cache_metrics=ports.take(first and first + 100 + len(SERVICES)),
        )


class _Ports:
    """Hands out free ports and never the same twice.

    They are drawn below the range from which the system takes ports for outgoing connections, so that none is gone by
    the time its process listens, and at random, so that villages that start together do not meet.
    """

    def __init__(self) -> None:
        self._taken: set[int] = set()

    def take(self, preferred: int = 0) -> int:
        candidates = [preferred] if preferred else []
        candidates += [_LOWEST_DRAWN + secrets.randbelow(_DRAWN_FROM) for _ in range(_TRIES)]
        for port in candidates:
            if port not in self._taken and _is_free(port):
                self._taken.add(port)
                return port
        raise OSError("no free port")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))


def _path(folder: Path) -> Path:
    return folder / "run" / "village.json"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
