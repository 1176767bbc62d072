"""The gRPC side of the receiver: OTLP's TraceService."""

from collections.abc import Callable
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)

from mesh.telemetry.receiver.forward import Forward
from mesh.telemetry.spans import Json, to_otlp_json

__all__ = ["TraceReceiver"]

_MAX_BYTES = 16 * 1024 * 1024


class TraceReceiver(TraceServiceServicer):
    """Receives spans from OpenTelemetry SDKs and from Envoy, and gives each export to `sink` as OTLP/JSON.

    A sink that fails (a full disk) is answered with UNAVAILABLE, which an exporter may retry.

    Args:
        forward: gets each export too.
    """

    def __init__(self, sink: Callable[[Json], None], forward: Forward | None = None) -> None:
        self._sink, self._forward = sink, forward
        self._server: grpc.aio.Server | None = None

    async def start(self, address: str) -> int:
        """Listens without TLS, for loopback.

        Returns:
            The port, chosen by the system if `address` ends in `:0`.

        Raises:
            RuntimeError: the address is taken.
        """
        options = [("grpc.max_receive_message_length", _MAX_BYTES), ("grpc.so_reuseport", 0)]
        self._server = grpc.aio.server(options=options)
        add_TraceServiceServicer_to_server(self, self._server)  # type: ignore[no-untyped-call]
        port = self._server.add_insecure_port(address)
        await self._server.start()
        if self._forward is not None:
            self._forward.start()
        return port

    async def stop(self, grace: float = 1.0) -> None:
        if self._server is not None:
            await self._server.stop(grace)
        if self._forward is not None:
            await self._forward.stop()

    async def Export(self, request: ExportTraceServiceRequest, context: Any) -> ExportTraceServiceResponse:
        if self._forward is not None:
            self._forward.send(request)
        try:
            self._sink(to_otlp_json(request))
        except OSError:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "spans cannot be written")
        return ExportTraceServiceResponse()
