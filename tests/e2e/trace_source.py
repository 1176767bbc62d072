"""Where a test reads a trace: what the embedded OTLP receiver wrote, or a real Jaeger's query API."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from mesh.telemetry.spans import SpanRecord
from mesh.telemetry.traces import load_trace

__all__ = ["Jaeger", "Received", "TraceSource", "settled"]


class TraceSource(Protocol):
    def trace(self, trace_id: str) -> list[SpanRecord]: ...


class Received:
    """The spans that the village's own receiver got."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def trace(self, trace_id: str) -> list[SpanRecord]:
        return [span for span in load_trace(self._folder, trace_id) if span.trace_id == trace_id]


class Jaeger:
    """A Jaeger's query API (`/api/traces/{id}`, which versions 1 and 2 both serve)."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def trace(self, trace_id: str) -> list[SpanRecord]:
        try:
            with urllib.request.urlopen(f"{self._url}/api/traces/{trace_id}", timeout=10) as answer:
                found = json.loads(answer.read())
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return []
            raise
        return [_record(span, trace["processes"]) for trace in found["data"] for span in trace["spans"]]


def _record(span: dict[str, Any], processes: dict[str, Any]) -> SpanRecord:
    tags = {tag["key"]: tag["value"] for tag in span["tags"]}
    parents = [reference["spanID"] for reference in span["references"] if reference["refType"] == "CHILD_OF"]
    return SpanRecord(
        trace_id=span["traceID"].zfill(32),
        span_id=span["spanID"].zfill(16),
        parent_id=parents[0].zfill(16) if parents else "",
        service=processes[span["processID"]]["serviceName"],
        name=span["operationName"],
        kind=str(tags.get("span.kind", "")).upper(),
        status=str(tags.get("otel.status_code", "UNSET")),
        started=span["startTime"] * 1000,
        ended=(span["startTime"] + span["duration"]) * 1000,
        attributes=tags,
        links=tuple(
            (reference["traceID"].zfill(32), reference["spanID"].zfill(16))
            for reference in span["references"]
            if reference["refType"] != "CHILD_OF"
        ),
    )


def settled(source: TraceSource, trace_id: str, whole: Callable[[list[SpanRecord]], bool]) -> list[SpanRecord]:
    """The trace once `whole` says that it is, or as it is after some seconds: exporters send now and then."""
    deadline = time.monotonic() + 15
    while True:
        spans = source.trace(trace_id)
        if (spans and whole(spans)) or time.monotonic() > deadline:
            return spans
        time.sleep(0.1)
