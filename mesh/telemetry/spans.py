"""A span as it was received, whoever made it: the one record that the reader, the tree and the tests share.

Source: OTLP/JSON (opentelemetry-proto, "OTLP/HTTP JSON encoding"): ids in hexadecimal, 64-bit numbers as strings, enums
as numbers.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

__all__ = ["SpanRecord", "spans_of", "to_otlp_json"]

_KINDS = {1: "INTERNAL", 2: "SERVER", 3: "CLIENT", 4: "PRODUCER", 5: "CONSUMER"}
_STATUSES = {1: "OK", 2: "ERROR"}
_IDS = ("traceId", "spanId", "parentSpanId")

_CODES = (
    "rpc.response.status_code",
    "rpc.grpc.status_code",
    "grpc.status_code",
    "http.response.status_code",
    "http.status_code",
)
"""Ours, the contributed instrumentation's, Envoy's, and HTTP's new and old name."""
_GRPC_NAMES = {str(code.value[0]): code.name for code in grpc.StatusCode}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SpanRecord:
    """One finished span.

    Attributes:
        parent_id: "" for a root.
        status: UNSET, OK or ERROR.
        started, ended: nanoseconds since 1970.
        links: (trace id, span id) of the spans that this one points at.
    """

    trace_id: str
    span_id: str
    parent_id: str
    service: str
    name: str
    kind: str
    status: str
    started: int
    ended: int
    attributes: dict[str, Any] = field(default_factory=dict)
    events: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()

    @property
    def seconds(self) -> float:
        return (self.ended - self.started) / 1e9

    @property
    def code(self) -> str:
        """How a call ended, whichever convention its maker follows: `NOT_FOUND`, or `404` over HTTP; "" for others."""
        for name in _CODES:
            if name in self.attributes:
                code = str(self.attributes[name])
                return _GRPC_NAMES.get(code, code) if "grpc" in name else code
        return ""


def to_otlp_json(request: ExportTraceServiceRequest) -> Json:
    """An export request as OTLP/JSON, which differs from protobuf's own JSON in how ids are written."""
    document: Json = MessageToDict(request, use_integers_for_enums=True)
    for span in _raw_spans(document):
        for holder in (span, *span.get("links", ())):
            for name in _IDS:
                if name in holder:
                    holder[name] = base64.b64decode(holder[name]).hex()
    return document


def spans_of(document: Json) -> Iterator[SpanRecord]:
    """The spans in one line of OTLP/JSON."""
    for resource in document.get("resourceSpans", ()):
        service = _attributes(resource.get("resource", {})).get("service.name", "")
        for scope in resource.get("scopeSpans", ()):
            for span in scope.get("spans", ()):
                yield _record(span, str(service))


def _raw_spans(document: Json) -> Iterator[Json]:
    for resource in document.get("resourceSpans", ()):
        for scope in resource.get("scopeSpans", ()):
            yield from scope.get("spans", ())


def _record(span: Json, service: str) -> SpanRecord:
    return SpanRecord(
        trace_id=span.get("traceId", ""),
        span_id=span.get("spanId", ""),
        parent_id=span.get("parentSpanId", ""),
        service=service,
        name=span.get("name", ""),
        kind=_KINDS.get(span.get("kind", 0), "INTERNAL"),
        status=_STATUSES.get(span.get("status", {}).get("code", 0), "UNSET"),
        started=int(span.get("startTimeUnixNano", 0)),
        ended=int(span.get("endTimeUnixNano", 0)),
        attributes=_attributes(span),
        events=tuple(event.get("name", "") for event in span.get("events", ())),
        links=tuple((link.get("traceId", ""), link.get("spanId", "")) for link in span.get("links", ())),
    )


def _attributes(holder: Json) -> dict[str, Any]:
    return {each["key"]: _value(each.get("value", {})) for each in holder.get("attributes", ())}


def _value(value: Json) -> Any:
    if "intValue" in value:
        return int(value["intValue"])
    if "arrayValue" in value:
        return [_value(each) for each in value["arrayValue"].get("values", ())]
    return next(iter(value.values()), "")
