"""One SERVER span a call, child of its caller, ended with the status that the caller is told."""

from opentelemetry.context import attach, detach
from opentelemetry.instrumentation.utils import is_instrumentation_enabled
from opentelemetry.propagators.textmap import TextMapPropagator
from opentelemetry.trace import SpanKind, Tracer, set_span_in_context

from mesh.call import Call, Interceptor, Proceed
from mesh.policy import Method
from mesh.telemetry.conventions import method_of_path, rpc_attributes
from mesh.telemetry.outcome import OK, server_outcome
from mesh.telemetry.selection import CallFilter, Selection, usual_calls
from mesh.telemetry.unsampled import Unsampled

__all__ = ["ServerTracing"]


class ServerTracing(Interceptor):
    """Traces what the server does. All four kinds of RPC run in one coroutine here, so the context is attached and
    detached in one place and a stream cannot lose it.

    Args:
        chosen: which calls are traced, as a filter of `opentelemetry.instrumentation.grpc.filters`.
    """

    name = "tracing"

    def __init__(self, tracer: Tracer, propagator: TextMapPropagator, chosen: CallFilter | None = None) -> None:
        self._tracer, self._propagator = tracer, propagator
        self._unsampled = Unsampled(tracer)
        self._traced = Selection(chosen or usual_calls())

    def concerns(self, method: Method) -> bool:
        return method.path in self._traced

    async def intercept(self, call: Call, proceed: Proceed) -> None:
        unsampled = self._unsampled.context(call.metadata)
        if unsampled is None:
            await self._in_span(call, proceed)
            return
        token = attach(unsampled)
        try:
            await proceed(call)
        finally:
            detach(token)

    async def _in_span(self, call: Call, proceed: Proceed) -> None:
        if not is_instrumentation_enabled():
            await proceed(call)
            return
        remote, method = self._propagator.extract(call.metadata), method_of_path(call.method.path)
        span = self._tracer.start_span(method, remote, SpanKind.SERVER, rpc_attributes(method))
        token = attach(set_span_in_context(span, remote))
        outcome, budget = OK, call.deadline.remaining()
        recording = span.is_recording()
        if recording:
            call.trace = span.get_span_context()
        try:
            await proceed(call)
        except BaseException as error:
            if recording:
                outcome = server_outcome(error, call, budget)
            raise
        finally:
            if recording:
                outcome.describe(span)
            span.end()
            detach(token)
