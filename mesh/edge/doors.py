"""The two ways in: REST, which a cache may stand before, and gRPC, which comes straight to Envoy."""

from dataclasses import dataclass

from mesh.edge.settings import EdgeSettings
from mesh.edge.typed import Config

__all__ = ["GRPC", "REST", "REST_SOCKET", "Door", "grpc_door", "rest_door", "socket_address", "unix_socket"]

REST, GRPC = "rest", "grpc"
"""The listeners' names, by which the admin interface tells their ports."""

REST_SOCKET = "rest.sock"
"""Where the REST listener is when the cache stands before it, in Envoy's working folder."""


@dataclass(frozen=True, slots=True)
class Door:
    """A listener that the public reaches.

    Attributes:
        address: as Envoy wants it.
        behind_cache: whether our own cache is the peer, and its X-Forwarded-For tells who calls.
    """

    name: str
    address: Config
    behind_cache: bool = False

    @property
    def stat_prefix(self) -> str:
        return f"edge_{self.name}"


def rest_door(settings: EdgeSettings) -> Door:
    """REST and gRPC-Web for the cache; without one, every protocol for everybody."""
    if settings.cache:
        return Door(REST, unix_socket(REST_SOCKET), behind_cache=True)
    return Door(REST, socket_address(settings.listen))


def grpc_door(settings: EdgeSettings) -> Door:
    """gRPC and gRPC-Web; no cache ever stands here, because gRPC's answers are not HTTP's to keep."""
    return Door(GRPC, socket_address(settings.grpc_listen))


def socket_address(address: str) -> Config:
    """`host:port` as Envoy wants it; an IPv6 address stands in brackets."""
    host, _, port = address.rpartition(":")
    return {"socket_address": {"address": host.strip("[]"), "port_value": int(port)}}


def unix_socket(name: str) -> Config:
    """A socket for its owner alone, in Envoy's working folder: relative, because its path may have 107 bytes only."""
    return {"pipe": {"path": name, "mode": 0o600}}
