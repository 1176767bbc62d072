"""A trace that the embedded receiver got reaches a Jaeger beside it, and a Jaeger that is away costs nothing."""

from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

from mesh.telemetry.receiver.forward import Forward
from mesh.telemetry.receiver.server import TraceReceiver
from mesh.testing.otlp import OtlpReceiver


def one_span() -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id, span.span_id, span.name = b"t" * 16, b"s" * 8, "forwarded"
    return request


async def export(port: int, request: ExportTraceServiceRequest) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub: Any = TraceServiceStub(channel)  # type: ignore[no-untyped-call]
        await stub.Export(request, timeout=5)


async def test_an_export_is_passed_on() -> None:
    async with OtlpReceiver() as behind:
        receiver = TraceReceiver(lambda _: None, Forward(behind.address))
        port = await receiver.start("127.0.0.1:0")
        await export(port, one_span())
        spans = await behind.wait_for(lambda seen: any(span.name == "forwarded" for span in seen))
        assert len(spans) == 1
        await receiver.stop()


async def test_nobody_waits_for_a_receiver_that_is_away() -> None:
    written: list[Any] = []
    receiver = TraceReceiver(written.append, Forward("127.0.0.1:1"))
    port = await receiver.start("127.0.0.1:0")
    for _ in range(300):
        await export(port, one_span())
    assert len(written) == 300
    await receiver.stop()
