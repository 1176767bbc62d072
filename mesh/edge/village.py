"""What stands behind the edge: services, where they are, and how the edge proves to them who it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.descriptor import ServiceDescriptor

from mesh.edge.documents import Document

__all__ = ["EdgeService", "Identity", "Upstream", "Village"]


@dataclass(frozen=True, slots=True)
class EdgeService:
    """A contract and the upstream that serves it."""

    descriptor: ServiceDescriptor
    cluster: str


@dataclass(frozen=True, slots=True)
class Upstream:
    """The replicas of one process.

    Attributes:
        name: the workload's name, which is also the last segment of its SPIFFE id.
        addresses: `host:port` of each; a name is resolved again and again, and each of its addresses is a replica.
    """

    name: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """The edge's own certificate and whom it believes.

    Attributes:
        folder: holds `tls.crt`, `tls.key` and `ca.crt`, replaced by renaming; Envoy reads them again by itself.
        trust_domain: of the SPIFFE ids.
    """

    folder: Path
    trust_domain: str


@dataclass(frozen=True, slots=True)
class Village:
    """All that the edge has to know of the services.

    Attributes:
        services: the contracts; which of their RPCs are public, they say themselves.
        upstreams: one for each cluster that `services` and `key_set_cluster` name.
        key_set_cluster: the upstream that serves `hamlet.mesh.v1.KeySetService`.
        documents: pages that the edge serves by itself.
        identity: None speaks plaintext to the upstreams, which only tests and a sidecar mesh may do.
    """

    services: Sequence[EdgeService]
    upstreams: Sequence[Upstream]
    key_set_cluster: str
    identity: Identity | None = None
    documents: Sequence[Document] = ()

    def __post_init__(self) -> None:
        names = [upstream.name for upstream in self.upstreams]
        if len(set(names)) != len(names):
            raise ValueError(f"two upstreams of one name: {sorted(names)}")
        wanted = {service.cluster for service in self.services} | {self.key_set_cluster}
        if missing := wanted - set(names):
            raise ValueError(f"no upstream for {sorted(missing)}")
