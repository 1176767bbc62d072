"""Callers that ask not to be sampled, heeded at a tenth of what the SDK takes to do nothing."""

import re
from collections.abc import Mapping

from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, Tracer, set_span_in_context

__all__ = ["Unsampled"]

_REFUSED = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f][02468ace])")
"""A traceparent (W3C Trace Context, version 00) whose flag says that its caller does not record."""
_MORE_TO_READ = ("tracestate", "baggage", "uber-trace-id")
"""Unless they are empty: Envoy sends `tracestate` always."""
_FOLLOWS = "remoteParentNotSampled:AlwaysOffSampler"


class Unsampled:
    """Knows a call that nobody is going to record, whatever the SDK would do with it.

    It speaks only where the sampler follows its callers, as OpenTelemetry's description of it says, and where a W3C
    trace context is all that came: with it no other format counts.
    """

    def __init__(self, tracer: Tracer) -> None:
        sampler = getattr(tracer, "sampler", None)
        self._follows = sampler is not None and _FOLLOWS in sampler.get_description()

    def context(self, metadata: Mapping[str, str]) -> Context | None:
        """The trace context to go on with, None where the SDK has to be asked."""
        traceparent = metadata.get("traceparent")
        if traceparent is None or not self._follows or any(map(metadata.get, _MORE_TO_READ)):
            return None
        match = _REFUSED.fullmatch(traceparent)
        if match is None:
            return None
        trace, span, flags = match.groups()
        theirs = SpanContext(int(trace, 16), int(span, 16), True, TraceFlags(int(flags, 16)))
        return set_span_in_context(NonRecordingSpan(theirs), Context())
