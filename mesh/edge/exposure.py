"""Which RPCs the public can reach: what the contracts leave open, and nothing else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from google.api import annotations_pb2
from google.protobuf.descriptor import MethodDescriptor

from mesh.edge.village import EdgeService
from mesh.policy import Access, Method, methods_of

__all__ = ["WORKLOAD", "PublicMethod", "public_methods"]

WORKLOAD = "edge"
"""The edge's own name, in its certificate and in the contracts."""


@dataclass(frozen=True, slots=True)
class PublicMethod:
    """An RPC that the edge routes, and where to."""

    method: Method
    cluster: str
    server_streaming: bool

    @property
    def needs_person(self) -> bool:
        return self.method.access != Access.ACCESS_PUBLIC


def public_methods(services: Sequence[EdgeService]) -> Iterator[PublicMethod]:
    """The RPCs with a REST mapping that admit the edge and are not for workloads alone.

    Raises:
        MissingPolicyError: an RPC has no valid policy.
    """
    for service in services:
        for method in methods_of(service.descriptor):
            descriptor = method.descriptor
            assert descriptor is not None  # noqa: S101 - methods_of sets it
            if _is_public(method, descriptor):
                yield PublicMethod(method, service.cluster, bool(descriptor.server_streaming))


def _is_public(method: Method, descriptor: MethodDescriptor) -> bool:
    mapped = descriptor.GetOptions().HasExtension(annotations_pb2.http)
    return mapped and method.admits_workload(WORKLOAD) and method.access != Access.ACCESS_WORKLOAD
