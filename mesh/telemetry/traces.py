"""Reads what the receiver wrote."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mesh.telemetry.receiver.trace_files import trace_files
from mesh.telemetry.spans import SpanRecord, spans_of

__all__ = ["TraceSummary", "latest_traces", "load_trace"]


@dataclass(frozen=True, slots=True)
class TraceSummary:
    """One trace in a list: its root's name and service (of the earliest span if the root is not here yet)."""

    trace_id: str
    service: str
    name: str
    started: int
    seconds: float
    spans: int
    failed: bool


def load_trace(folder: Path, trace_id: str) -> list[SpanRecord]:
    """The spans of a trace by start, with the batch spans of other traces that link to it. Empty if there is none.

    Args:
        trace_id: 32 hexadecimal digits, or the first few of them.
    """
    wanted = trace_id.lower().replace("-", "")
    if not wanted:
        return []
    found: dict[tuple[str, str], SpanRecord] = {}
    for span in _all(folder):
        if span.trace_id.startswith(wanted) or any(linked.startswith(wanted) for linked, _ in span.links):
            found[span.trace_id, span.span_id] = span
    return sorted(found.values(), key=lambda span: span.started)


def latest_traces(folder: Path, limit: int = 20) -> list[TraceSummary]:
    """The traces that began last, the latest first."""
    by_trace: dict[str, list[SpanRecord]] = {}
    for span in _all(folder):
        by_trace.setdefault(span.trace_id, []).append(span)
    summaries = [_summary(spans) for spans in by_trace.values()]
    return sorted(summaries, key=lambda each: each.started, reverse=True)[:limit]


def _summary(spans: list[SpanRecord]) -> TraceSummary:
    first = min(spans, key=lambda span: (bool(span.parent_id), span.started))
    started, ended = min(span.started for span in spans), max(span.ended for span in spans)
    failed = any(span.status == "ERROR" for span in spans)
    return TraceSummary(first.trace_id, first.service, first.name, started, (ended - started) / 1e9, len(spans), failed)


def _all(folder: Path) -> Iterator[SpanRecord]:
    for file in trace_files(folder):
        try:
            text = file.read_text(encoding="utf-8")
        except FileNotFoundError:
            continue  # rotated away while we read
        for line in text.splitlines():
            try:
                document = json.loads(line)
            except json.JSONDecodeError:
                continue  # the last line of a crash, or one being written
            yield from spans_of(document)
