"""Health over plaintext, and nothing else, for those who cannot show a certificate: Kubernetes' own gRPC probes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from mesh.builtin import HealthServicer

__all__ = ["LIVE", "probes"]

LIVE = "live"
"""The name under which a process is asked whether it runs at all: it does while it drains, or without a model, and
must not be restarted then. The empty name asks whether it serves."""


class _Probes(health_pb2_grpc.HealthServicer):  # type: ignore[misc] # untyped upstream
    """`Check` alone: a watch would hold a connection of somebody whom nobody knows."""

    def __init__(self, health: HealthServicer) -> None:
        self._health = health

    async def Check(self, request: health_pb2.HealthCheckRequest, context: Any) -> health_pb2.HealthCheckResponse:
        if request.service == LIVE:
            return health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)
        answer: health_pb2.HealthCheckResponse = await self._health.Check(request, context)
        return answer


@asynccontextmanager
async def probes(address: str, health: HealthServicer) -> AsyncIterator[int]:
    """Answers probes at `host:port` until the block ends; an empty address answers none.

    Yields:
        The port, which the system chose if it was 0; 0 without an address.

    Raises:
        RuntimeError: the address is taken.
    """
    if not address:
        yield 0
        return
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)], maximum_concurrent_rpcs=8)
    health_pb2_grpc.add_HealthServicer_to_server(_Probes(health), server)
    port = server.add_insecure_port(address)
    await server.start()
    try:
        yield port
    finally:
        await server.stop(None)
