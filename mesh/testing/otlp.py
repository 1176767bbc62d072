"""What an OTLP receiver got, and what must be true of it: the topology of traces, asserted on the wire."""

import asyncio
from collections.abc import Callable, Iterable, Sequence

from mesh.telemetry.receiver.server import TraceReceiver
from mesh.telemetry.spans import Json, SpanRecord, spans_of

__all__ = ["OtlpReceiver", "assert_one_trace", "edges", "orphans"]

Spans = Sequence[SpanRecord]


class OtlpReceiver:
    """An OTLP receiver in this process on a free port. Use it as an async context manager.

    Attributes:
        spans: everything received so far, in order of arrival.
        endpoint: what `OTEL_EXPORTER_OTLP_ENDPOINT` is to be; `address` is the same without the scheme, for Envoy.
    """

    def __init__(self) -> None:
        self.spans: list[SpanRecord] = []
        self.address = ""
        self._receiver = TraceReceiver(self._take)
        self._arrived = asyncio.Condition()
        self._notify: set[asyncio.Task[None]] = set()

    @property
    def endpoint(self) -> str:
        return f"http://{self.address}"

    async def __aenter__(self) -> "OtlpReceiver":
        self.address = f"127.0.0.1:{await self._receiver.start('127.0.0.1:0')}"
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._receiver.stop(0)

    async def wait_for(self, ready: Callable[[Spans], bool], timeout: float = 10.0) -> Spans:  # noqa: ASYNC109
        """All spans received, once `ready(spans)` says so.

        Raises:
            AssertionError: it did not within `timeout` seconds; the message shows what had come.
        """
        try:
            async with asyncio.timeout(timeout), self._arrived:
                await self._arrived.wait_for(lambda: ready(self.spans))
        except TimeoutError:
            shown = "\n".join(f"{s.trace_id[:8]} {s.service} {s.kind} {s.name} {s.code}" for s in self.spans)
            raise AssertionError(f"not within {timeout} s; {len(self.spans)} spans came:\n{shown}") from None
        return self.spans

    def trace(self, trace_id: str) -> list[SpanRecord]:
        """The spans of one trace."""
        return [span for span in self.spans if span.trace_id == trace_id]

    def _take(self, document: Json) -> None:
        self.spans.extend(spans_of(document))
        task = asyncio.get_running_loop().create_task(self._tell())
        self._notify.add(task)
        task.add_done_callback(self._notify.discard)

    async def _tell(self) -> None:
        async with self._arrived:
            self._arrived.notify_all()


def edges(spans: Iterable[SpanRecord]) -> set[tuple[str, str]]:
    """(caller's service, callee's service) of every call between services."""
    spans = list(spans)
    by_id = {span.span_id: span for span in spans}
    pairs = ((by_id[span.parent_id], span) for span in spans if span.parent_id in by_id)
    return {(parent.service, child.service) for parent, child in pairs if parent.service != child.service}


def orphans(spans: Iterable[SpanRecord]) -> list[SpanRecord]:
    """Spans whose parent never came: it was lost, or it was never ended and so never exported."""
    spans = list(spans)
    known = {span.span_id for span in spans}
    return [span for span in spans if span.parent_id and span.parent_id not in known]


def assert_one_trace(
    spans: Spans, *, services: set[str], calls: set[tuple[str, str]], root: str | None = None
) -> SpanRecord:
    """Asserts that the spans are one whole trace: one id, one root, no orphan, these services, at least these calls.

    An unfinished span is never exported, so it shows as an orphan (its children came) or as a missing call.

    Args:
        root: the service whose span is the root.

    Returns:
        The root span.
    """
    ids = {span.trace_id for span in spans}
    assert len(ids) == 1, f"{len(ids)} traces: {sorted(ids)}"  # noqa: S101
    lost = [f"{span.service} {span.name}" for span in orphans(spans)]
    assert not lost, f"orphans: {lost}"  # noqa: S101
    roots = [span for span in spans if not span.parent_id]
    assert len(roots) == 1, f"roots: {[(span.service, span.name) for span in roots]}"  # noqa: S101
    assert {span.service for span in spans} == services  # noqa: S101
    assert calls <= edges(spans), f"missing calls: {calls - edges(spans)}"  # noqa: S101
    unended = [span.name for span in spans if span.ended < span.started or not span.ended]
    assert not unended, f"unfinished: {unended}"  # noqa: S101
    assert root is None or roots[0].service == root  # noqa: S101
    return roots[0]
