"""The standard services every server speaks: health, reflection (v1 and v1alpha) and channelz.

Their contracts are not ours, so their policy cannot stand in the descriptors: it is this table.
"""

from collections.abc import Iterable
from typing import Any

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from grpc_channelz.v1 import channelz_pb2
from grpc_channelz.v1._async import ChannelzServicer
from grpc_health.v1 import health_pb2
from grpc_health.v1.health import aio as health_aio
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.reflection import aio as reflection_aio

from mesh.policy import Access, Method, Role

__all__ = ["HealthServicer", "builtin_services"]

OPERATOR = "operator"
_REFLECTION_V1 = "grpc.reflection.v1.ServerReflection"


class HealthServicer(health_aio.HealthServicer):  # type: ignore[misc] # untyped upstream
    """grpcio's health service with the List method, which its asyncio flavour lacks."""

    async def List(self, request: health_pb2.HealthListRequest, context: Any) -> health_pb2.HealthListResponse:
        statuses = {name: health_pb2.HealthCheckResponse(status=status) for name, status in self._server_status.items()}
        return health_pb2.HealthListResponse(statuses=statuses)


def builtin_services(health: HealthServicer, service_names: Iterable[str]) -> list[tuple[Any, list[Method]]]:
    """Each standard servicer with its methods and their policies."""
    reflection_v1alpha = reflection_pb2.DESCRIPTOR.services_by_name["ServerReflection"]
    # Not v1 of reflection itself: grpcio has no descriptors of it, and clients look up each name that is listed.
    names = [*service_names, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name]
    reflection = reflection_aio.ReflectionServicer([*names, reflection_v1alpha.full_name])
    channelz = channelz_pb2.DESCRIPTOR.services_by_name["Channelz"]
    health_service = health_pb2.DESCRIPTOR.services_by_name["Health"]
    return [
        (health, list(_methods(health_service, Access.ACCESS_PUBLIC, "*"))),
        (reflection, list(_methods(reflection_v1alpha, Access.ACCESS_WORKLOAD, OPERATOR))),
        (reflection, list(_methods(reflection_v1alpha, Access.ACCESS_WORKLOAD, OPERATOR, name=_REFLECTION_V1))),
        (ChannelzServicer(), list(_methods(channelz, Access.ACCESS_WORKLOAD, OPERATOR))),
    ]


def _methods(
    service: ServiceDescriptor, access: Access.ValueType, workload: str, name: str | None = None
) -> Iterable[Method]:
    for method in service.methods:
        yield Method(
            path=f"/{name or service.full_name}/{method.name}",
            access=access,
            role=Role.ROLE_UNSPECIFIED,
            owner_override=Role.ROLE_UNSPECIFIED,
            workloads=frozenset({workload}),
            autonomous_workloads=frozenset(),
            deadline=None if _streams(method) else 5.0,
            rate_limit=None,
            edge_cache=None,
            idempotent=True,
            long_lived=_streams(method),
            descriptor=method,
        )


def _streams(method: MethodDescriptor) -> bool:
    return bool(method.server_streaming)
