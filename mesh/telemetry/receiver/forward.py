"""Passes exports on to another OTLP receiver, such as a Jaeger on the same machine."""

import asyncio

import grpc
import structlog
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

__all__ = ["Forward"]

_MOST_WAITING, _SECONDS = 256, 5.0
_log = structlog.get_logger(__name__)


class Forward:
    """Sends each export on, one after the other. What the other does not take in time is dropped, never waited for.

    Args:
        address: `host:port`, plaintext, for loopback.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._waiting: asyncio.Queue[ExportTraceServiceRequest] = asyncio.Queue(_MOST_WAITING)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="forward")

    def send(self, request: ExportTraceServiceRequest) -> None:
        if not self._waiting.full():
            self._waiting.put_nowait(request)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        async with grpc.aio.insecure_channel(self._address) as channel:
            export = TraceServiceStub(channel).Export  # type: ignore[no-untyped-call]
            while True:
                request = await self._waiting.get()
                try:
                    await export(request, timeout=_SECONDS, wait_for_ready=True)
                except grpc.aio.AioRpcError as error:
                    _log.warning("traces not forwarded", code=error.code().name)
