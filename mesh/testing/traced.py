"""The same calls traced by the contributed instrumentation alone, and by ours."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc
from opentelemetry.instrumentation.grpc import aio_client_interceptors, aio_server_interceptor
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.sampling import Sampler

from mesh.call import Interceptor
from mesh.interceptors.client.tracing import client_tracing
from mesh.interceptors.tracing import ServerTracing
from mesh.telemetry.propagation import MeshPropagator
from mesh.testing.echo import EchoServer, EchoServicer
from mesh.testing.plain import PlainServer
from mesh.testing.spans import SpanRecorder

__all__ = ["Traced"]


class Traced:
    """A tracer provider whose spans are recorded."""

    def __init__(self, sampler: Sampler | None = None) -> None:
        self.spans = SpanRecorder()
        self.provider = TracerProvider(sampler=sampler, shutdown_on_exit=False)
        self.provider.add_span_processor(self.spans)

    @asynccontextmanager
    async def contributed_server(self) -> AsyncIterator[tuple[PlainServer, grpc.aio.Channel]]:
        interceptor = aio_server_interceptor(tracer_provider=self.provider)  # type: ignore[no-untyped-call]
        async with (
            PlainServer([interceptor]) as server,
            grpc.aio.insecure_channel(server.address) as channel,
        ):
            yield server, channel

    @asynccontextmanager
    async def our_server(
        self, servicer: EchoServicer | None = None
    ) -> AsyncIterator[tuple[EchoServer, grpc.aio.Channel]]:
        observers: list[Interceptor] = [ServerTracing(self.provider.get_tracer("ours"), MeshPropagator())]
        async with (
            EchoServer(observers, servicer) as server,
            grpc.aio.insecure_channel(server.address) as channel,
        ):
            yield server, channel

    @asynccontextmanager
    async def client(self, *, ours: bool) -> AsyncIterator[tuple[PlainServer, grpc.aio.Channel]]:
        if ours:
            chain: Sequence[Any] = client_tracing(self.provider.get_tracer("ours"), MeshPropagator())
        else:
            chain = aio_client_interceptors(tracer_provider=self.provider)  # type: ignore[no-untyped-call]
        async with (
            PlainServer() as server,
            grpc.aio.insecure_channel(server.address, interceptors=chain) as channel,
        ):
            yield server, channel

    async def one(self) -> ReadableSpan:
        (span,) = await self.spans.wait_for(1)
        return span
