"""One request, one inference span; a batch is a span of its own that links to them."""

import asyncio

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from opentelemetry.trace import NonRecordingSpan, SpanContext, StatusCode, TraceFlags, Tracer, set_span_in_context

from mesh.telemetry.inference import batch_span, inference_span
from mesh.testing.spans import SpanRecorder


@pytest.fixture
def spans() -> SpanRecorder:
    return SpanRecorder()


@pytest.fixture
def tracer(spans: SpanRecorder) -> Tracer:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(spans)
    return provider.get_tracer("test")


def named(spans: SpanRecorder, name: str) -> list[ReadableSpan]:
    return [span for span in spans.ended if span.name == name]


def links_of(span: ReadableSpan) -> set[int]:
    return {link.context.span_id for link in span.links}


def id_of(span: ReadableSpan) -> int:
    assert span.context is not None
    return int(span.context.span_id)


def test_each_request_has_its_own_span_under_its_caller_and_the_batch_links_to_all(
    spans: SpanRecorder, tracer: Tracer
) -> None:
    elsewhere = trace.set_span_in_context(trace.INVALID_SPAN)
    with (
        tracer.start_as_current_span("caller a"),
        inference_span(tracer) as a,
        tracer.start_as_current_span("caller b", context=elsewhere),
        inference_span(tracer) as b,
        batch_span(tracer, [a, b]),
    ):
        pass
    (batch,) = named(spans, "hamlet.inference.batch")
    first, second = sorted(named(spans, "hamlet.inference"), key=lambda span: span.start_time or 0)
    callers = {span.name: id_of(span) for span in spans.ended}
    assert first.parent is not None
    assert first.parent.span_id == callers["caller a"]
    assert second.parent is not None
    assert second.parent.span_id == callers["caller b"]
    assert links_of(batch) == {id_of(first), id_of(second)}
    assert links_of(first) == links_of(second) == {id_of(batch)}
    assert batch.attributes is not None
    assert batch.attributes["hamlet.batch.size"] == 2


def test_a_batch_is_sampled_when_one_of_its_requests_is(spans: SpanRecorder) -> None:
    provider = TracerProvider(sampler=ParentBased(ALWAYS_OFF), shutdown_on_exit=False)
    provider.add_span_processor(spans)
    tracer = provider.get_tracer("test")
    sampled = set_span_in_context(NonRecordingSpan(SpanContext(1, 2, is_remote=True, trace_flags=TraceFlags(1))))
    unsampled = tracer.start_span("nobody looks")
    looked_at = tracer.start_span("somebody looks", sampled)
    with batch_span(tracer, [unsampled, looked_at]):
        pass
    looked_at.end()
    (batch,) = named(spans, "hamlet.inference.batch")
    assert batch.parent is not None
    assert batch.parent.span_id == looked_at.get_span_context().span_id


def test_a_batch_of_requests_nobody_looks_at_is_not_recorded(spans: SpanRecorder) -> None:
    provider = TracerProvider(sampler=ParentBased(ALWAYS_OFF), shutdown_on_exit=False)
    provider.add_span_processor(spans)
    tracer = provider.get_tracer("test")
    with batch_span(tracer, [tracer.start_span("unsampled")]) as batch:
        assert not batch.is_recording()
    with batch_span(tracer, []) as batch:
        assert not batch.is_recording()
    assert spans.ended == []


def test_a_failed_inference_is_an_error_without_the_exceptions_text(spans: SpanRecorder, tracer: Tracer) -> None:
    with pytest.raises(RuntimeError), inference_span(tracer):
        raise RuntimeError("what a person wrote")
    (span,) = spans.ended
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes is not None
    assert span.attributes["error.type"] == "RuntimeError"
    assert "what a person wrote" not in span.to_json()


async def test_an_inference_that_is_cancelled_ends(spans: SpanRecorder, tracer: Tracer) -> None:
    async def infer() -> None:
        with inference_span(tracer):
            await asyncio.Event().wait()

    task = asyncio.create_task(infer())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert spans.unfinished == []
    assert len(spans.ended) == 1
