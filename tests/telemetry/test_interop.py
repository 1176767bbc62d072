"""Services that are not ours join our traces: one on the real jaeger-client, one on the contributed instrumentation."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from opentelemetry.instrumentation.grpc import aio_client_interceptors, aio_server_interceptor

from mesh.interceptors.client.tracing import client_tracing
from mesh.interceptors.tracing import ServerTracing
from mesh.telemetry.setup import Telemetry, setup
from mesh.telemetry.spans import SpanRecord
from mesh.testing.echo import ECHO, EchoServer, echo_stub
from mesh.testing.jaeger_agent import JaegerAgent
from mesh.testing.otlp import OtlpReceiver, assert_one_trace

pytestmark = pytest.mark.slow


def telemetry_of(name: str, received: OtlpReceiver, propagators: str = "") -> Telemetry:
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": received.endpoint,
        "OTEL_PROPAGATORS": propagators,
        "OTEL_BSP_SCHEDULE_DELAY": "50",
    }
    return setup(name, environment=environment)


@asynccontextmanager
async def our_service(name: str, received: OtlpReceiver) -> AsyncIterator[str]:
    telemetry = telemetry_of(name, received)
    async with EchoServer([ServerTracing(telemetry.tracer, telemetry.propagator)]) as server:
        yield server.address
    await asyncio.to_thread(telemetry.shutdown)


async def call_from_ours(name: str, received: OtlpReceiver, address: str, request: str, propagators: str) -> None:
    telemetry = telemetry_of(name, received, propagators)
    chain = client_tracing(telemetry.tracer, telemetry.propagator)
    async with grpc.aio.insecure_channel(address, interceptors=chain) as channel:
        await echo_stub(channel, "Unary")(StringValue(value=request))
    assert await asyncio.to_thread(telemetry.shutdown)


async def call_from_nobody(address: str, request: str) -> None:
    async with grpc.aio.insecure_channel(address) as channel:
        await echo_stub(channel, "Unary")(StringValue(value=request))


@asynccontextmanager
async def jaeger_service(name: str, agent_port: int) -> AsyncIterator[str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "mesh.testing.jaeger_service", name, str(agent_port)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            port = int(await process.stdout.readline())
        yield f"127.0.0.1:{port}"
    finally:
        process.stdin.close()
        async with asyncio.timeout(20):
            assert await process.wait() == 0


@asynccontextmanager
async def contributed_service(name: str, received: OtlpReceiver) -> AsyncIterator[str]:
    telemetry = telemetry_of(name, received)
    provider = telemetry.tracer_provider

    async def relay(request: StringValue, context: Any) -> StringValue:
        chain = aio_client_interceptors(tracer_provider=provider)  # type: ignore[no-untyped-call]
        async with grpc.aio.insecure_channel(request.value, interceptors=chain) as channel:
            await echo_stub(channel, "Unary")(StringValue(value="hello"))
        return StringValue(value="relayed")

    handler = grpc.unary_unary_rpc_method_handler(
        relay, request_deserializer=StringValue.FromString, response_serializer=StringValue.SerializeToString
    )
    server = grpc.aio.server(interceptors=[aio_server_interceptor(tracer_provider=provider)])  # type: ignore[no-untyped-call]
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(ECHO, {"Unary": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(1)
    await asyncio.to_thread(telemetry.shutdown)


def all_of(*groups: list[SpanRecord]) -> list[SpanRecord]:
    return [span for group in groups for span in group]


async def test_a_jaeger_client_service_between_two_of_ours_is_one_trace() -> None:
    async with OtlpReceiver() as received, JaegerAgent() as agent, our_service("spam", received) as spam:
        async with jaeger_service("legacy", agent.port) as legacy:
            await call_from_ours("comment", received, legacy, request=spam, propagators="jaeger")
        await agent.wait_for(2)
        await received.wait_for(lambda spans: len(spans) == 2)
        assert_one_trace(
            all_of(received.spans, agent.spans),
            services={"comment", "legacy", "spam"},
            calls={("comment", "legacy"), ("legacy", "spam")},
            root="comment",
        )


async def test_a_trace_that_a_jaeger_client_service_began_goes_on_in_ours() -> None:
    async with OtlpReceiver() as received, JaegerAgent() as agent, our_service("spam", received) as spam:
        async with jaeger_service("legacy", agent.port) as legacy:
            await call_from_nobody(legacy, request=spam)
        await agent.wait_for(2)
        await received.wait_for(lambda spans: len(spans) == 1)
        assert_one_trace(
            all_of(received.spans, agent.spans),
            services={"legacy", "spam"},
            calls={("legacy", "spam")},
            root="legacy",
        )


async def test_a_service_with_the_contributed_instrumentation_between_two_of_ours_is_one_trace() -> None:
    async with OtlpReceiver() as received, our_service("spam", received) as spam:
        async with contributed_service("partner", received) as partner:
            await call_from_ours("comment", received, partner, request=spam, propagators="")
        spans = await received.wait_for(lambda got: len(got) == 4)
        assert_one_trace(
            spans,
            services={"comment", "partner", "spam"},
            calls={("comment", "partner"), ("partner", "spam")},
            root="comment",
        )


async def test_a_trace_that_a_contributed_service_began_goes_on_in_ours() -> None:
    async with OtlpReceiver() as received, our_service("spam", received) as spam:
        async with contributed_service("partner", received) as partner:
            await call_from_nobody(partner, request=spam)
        spans = await received.wait_for(lambda got: len(got) == 3)
        assert_one_trace(spans, services={"partner", "spam"}, calls={("partner", "spam")}, root="partner")
