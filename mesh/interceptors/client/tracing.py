"""One CLIENT span a call, its context sent along, ended exactly once however the call ends.

The contributed instrumentation's interceptors are extended: their constructor, filter, hooks and suppression are used
as they are; the way they start and end a span is replaced (docs/telemetry.md says why).
"""

from typing import Any

import grpc
from opentelemetry.instrumentation.grpc._aio_client import (
    StreamStreamAioClientInterceptor,
    StreamUnaryAioClientInterceptor,
    UnaryStreamAioClientInterceptor,
    UnaryUnaryAioClientInterceptor,
)
from opentelemetry.propagators.textmap import TextMapPropagator
from opentelemetry.trace import Span, SpanKind, Tracer, set_span_in_context

from mesh.telemetry.client_calls import observe
from mesh.telemetry.conventions import SERVER_ADDRESS, method_of_path, rpc_attributes
from mesh.telemetry.outcome import Outcome
from mesh.telemetry.selection import CallFilter, usual_calls

__all__ = ["client_tracing"]


class _Traced:
    """What the four kinds have in common.

    The request hook gets `(span, request)` for a unary request, the response hook `(span, status code name)` at the
    end of every call; neither is called for a span that does not record.
    """

    propagator: TextMapPropagator
    server_address: str

    async def _trace(self: Any, continuation: Any, details: Any, request: Any, *, unary: bool) -> Any:
        if self.tracing_skipped(details):
            return await continuation(details, request)
        method = method_of_path(details.method)
        span: Span = self._tracer.start_span(method, None, SpanKind.CLIENT, rpc_attributes(method))
        if span.is_recording():
            span.set_attribute(SERVER_ADDRESS, self.server_address)
            if unary:
                self._call_request_hook(span, request)
        sent = _with_context_of(span, details, self.propagator)

        def finish(outcome: Outcome) -> None:
            if span.is_recording():
                outcome.describe(span)
                self._call_response_hook(span, outcome.code.name)
            span.end()

        return await observe(lambda: continuation(sent, request), finish)


class _UnaryUnary(_Traced, UnaryUnaryAioClientInterceptor):
    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await self._trace(continuation, client_call_details, request, unary=True)


class _UnaryStream(_Traced, UnaryStreamAioClientInterceptor):
    async def intercept_unary_stream(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await self._trace(continuation, client_call_details, request, unary=True)


class _StreamUnary(_Traced, StreamUnaryAioClientInterceptor):
    async def intercept_stream_unary(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        return await self._trace(continuation, client_call_details, request_iterator, unary=False)


class _StreamStream(_Traced, StreamStreamAioClientInterceptor):
    async def intercept_stream_stream(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        return await self._trace(continuation, client_call_details, request_iterator, unary=False)


def client_tracing(
    tracer: Tracer,
    propagator: TextMapPropagator,
    *,
    server_address: str = "",
    chosen: CallFilter | None = None,
    request_hook: Any = None,
    response_hook: Any = None,
) -> list[grpc.aio.ClientInterceptor]:
    """The interceptors for the four kinds of RPC; grpc.aio takes an interceptor for the first kind it implements only.

    Args:
        server_address: the name of the service that is called, for `server.address`.
        chosen: which calls are traced, as a filter of `opentelemetry.instrumentation.grpc.filters`.
    """
    made: list[grpc.aio.ClientInterceptor] = []
    for kind in (_UnaryUnary, _UnaryStream, _StreamUnary, _StreamStream):
        interceptor: Any = kind(tracer, chosen or usual_calls(), request_hook, response_hook)
        interceptor.propagator, interceptor.server_address = propagator, server_address
        made.append(interceptor)
    return made


def _with_context_of(span: Span, details: Any, propagator: TextMapPropagator) -> grpc.aio.ClientCallDetails:
    metadata = grpc.aio.Metadata(*tuple(details.metadata or ()))
    propagator.inject(metadata, set_span_in_context(span))
    return grpc.aio.ClientCallDetails(
        details.method, details.timeout, metadata, details.credentials, details.wait_for_ready
    )
