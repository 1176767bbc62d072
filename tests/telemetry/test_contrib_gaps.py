"""What the contributed instrumentation and its surroundings do not do at all, in pairs as in test_contrib_defects."""

import socket
import time
from importlib.metadata import distributions, requires
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.grpc import aio_server_interceptor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from opentelemetry.trace import SpanKind
from prometheus_client.openmetrics.exposition import generate_latest

from mesh.call import Interceptor
from mesh.interceptors.metrics import ServerMetrics
from mesh.interceptors.tracing import ServerTracing
from mesh.telemetry.inference import inference_span
from mesh.telemetry.metrics import Instruments
from mesh.telemetry.propagation import MeshPropagator
from mesh.telemetry.setup import setup
from mesh.testing.echo import EchoServer, EchoServicer, echo_stub
from mesh.testing.traced import Traced


@pytest.fixture
def traced() -> Traced:
    return Traced()


def said(word: str) -> StringValue:
    return StringValue(value=word)


# Exit with a collector that hangs


@pytest.mark.slow
def test_contributed_flush_ignores_its_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as black_hole:
        exporter = OTLPSpanExporter(endpoint=f"http://127.0.0.1:{black_hole.getsockname()[1]}", timeout=2)
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(BatchSpanProcessor(exporter))
        provider.get_tracer("test").start_span("job").end()
        started = time.perf_counter()
        provider.force_flush(timeout_millis=100)
        took = time.perf_counter() - started
        exporter.shutdown()
        provider.shutdown()
    assert took > 1


@pytest.mark.slow
def test_ours_shutdown_keeps_its_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as black_hole:
        endpoint = f"http://127.0.0.1:{black_hole.getsockname()[1]}"
        telemetry = setup("echo", environment={"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint})
        telemetry.tracer.start_span("job").end()
        started = time.perf_counter()
        assert not telemetry.shutdown(timeout=0.1)
        assert time.perf_counter() - started < 1


# No metrics (contrib#3375), and what sampling hides


async def test_contributed_has_no_metrics() -> None:
    reader = InMemoryMetricReader()
    make: Any = aio_server_interceptor
    with pytest.raises(TypeError, match="meter_provider"):
        make(meter_provider=MeterProvider([reader], shutdown_on_exit=False))


async def test_ours_counts_calls_that_are_not_sampled() -> None:
    instruments = Instruments(MeterProvider(shutdown_on_exit=False).get_meter("test"))
    traced = Traced(ParentBased(ALWAYS_OFF))
    observers: list[Interceptor] = [
        ServerTracing(traced.provider.get_tracer("ours"), MeshPropagator()),
        ServerMetrics(instruments),
    ]
    async with EchoServer(observers) as server, grpc.aio.insecure_channel(server.address) as channel:
        await echo_stub(channel, "Unary")(said("hello"))
    assert not traced.spans.ended
    (series,) = instruments.server_duration.recorded()
    assert sum(series.counts) == 1


# Exemplars: the SDK keeps them, its Prometheus exporter leaves them out (#4178)


async def test_contributed_prometheus_exporter_leaves_exemplars_out() -> None:
    telemetry = setup("echo", environment={})
    with telemetry.tracer.start_as_current_span("job"):
        telemetry.instruments.inference_wait.record(0.01)
    text = generate_latest(telemetry.registry).decode()  # type: ignore[no-untyped-call]
    telemetry.shutdown()
    assert "hamlet_inference_queue_wait" in text
    assert "trace_id" not in text


async def test_ours_gives_prometheus_a_trace_for_each_slow_bucket() -> None:
    telemetry, traced = setup("echo", environment={}), Traced()
    observers: list[Interceptor] = [
        ServerTracing(traced.provider.get_tracer("ours"), MeshPropagator()),
        ServerMetrics(telemetry.instruments),
    ]
    async with EchoServer(observers) as server, grpc.aio.insecure_channel(server.address) as channel:
        await echo_stub(channel, "Unary")(said("hello"))
    span = await traced.one()
    text = generate_latest(telemetry.registry).decode()  # type: ignore[no-untyped-call]
    telemetry.shutdown()
    assert span.context is not None
    assert f'trace_id="{span.context.trace_id:032x}"' in text


# The context is lost on the way to the model


async def test_contributed_knows_no_span_for_the_model(traced: Traced) -> None:
    async with traced.contributed_server() as (_, channel):
        await echo_stub(channel, "Unary")(said("hello"))
        await traced.one()
    assert [span.kind for span in traced.spans.ended] == [SpanKind.SERVER]


async def test_ours_the_models_span_is_the_child_of_the_request(traced: Traced) -> None:
    class Spam(EchoServicer):
        async def Unary(self, request: bytes, context: Any) -> StringValue:
            with inference_span(traced.provider.get_tracer("ours")):
                return await super().Unary(request, context)

    async with traced.our_server(Spam()) as (_, channel):
        await echo_stub(channel, "Unary")(said("hello"))
        model, server = await traced.spans.wait_for(2)
    assert model.parent is not None
    assert server.context is not None
    assert model.parent.span_id == server.context.span_id


# Packages that must not be installed beside the OTLP exporter


def test_jaeger_client_is_no_dependency_of_the_application() -> None:
    needed = " ".join(requires("hamlet") or [])
    assert "opentelemetry" in needed
    assert "jaeger-client" not in needed
    assert "exporter-jaeger" not in needed


def test_no_package_that_breaks_tracing_is_installed() -> None:
    """grpcio-csds and grpcio-admin bring xds-protos, which overwrites `opentelemetry/proto` (grpc#42926);
    grpcio-observability downgrades grpcio and blocks the event loop (grpc#43079)."""
    installed = {(each.metadata["Name"] or "").lower() for each in distributions()}
    assert not installed & {"grpcio-csds", "grpcio-admin", "xds-protos", "grpcio-observability"}
