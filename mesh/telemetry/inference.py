"""Spans of work that many requests share: one span a request, one a batch, joined by links."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, Status, StatusCode, Tracer, set_span_in_context, use_span

from mesh.telemetry.conventions import ERROR_TYPE

__all__ = ["BATCH_SIZE", "batch_span", "inference_span"]

BATCH_SIZE = "hamlet.batch.size"


@contextmanager
def inference_span(tracer: Tracer, name: str = "hamlet.inference") -> Iterator[Span]:
    """The span of one request to the model, child of its caller, from enqueueing to its answer."""
    span = tracer.start_span(name)
    try:
        with use_span(span, record_exception=False, set_status_on_exception=False):
            yield span
    except BaseException as error:
        _failed(span, error)
        raise
    finally:
        span.end()


@contextmanager
def batch_span(tracer: Tracer, requests: Sequence[Span], name: str = "hamlet.inference.batch") -> Iterator[Span]:
    """The span of one run of the model, linked to the inference span of each request in it, and they to it.

    Its parent is the first request that is sampled. So it is in a trace that somebody looks at, and it is sampled
    when one of its requests is: a root of its own would be sampled by chance.
    """
    contexts = [request.get_span_context() for request in requests]
    opener = next((each for each in requests if each.get_span_context().trace_flags.sampled), None)
    parent = set_span_in_context(opener, Context()) if opener else _unsampled(requests)
    span = tracer.start_span(name, parent, attributes={BATCH_SIZE: len(requests)}, links=[Link(c) for c in contexts])
    if span.is_recording():
        for request in requests:
            request.add_link(span.get_span_context())
    try:
        with use_span(span, record_exception=False, set_status_on_exception=False):
            yield span
    except BaseException as error:
        _failed(span, error)
        raise
    finally:
        span.end()


def _unsampled(requests: Sequence[Span]) -> Context:
    return set_span_in_context(requests[0], Context()) if requests else Context()


def _failed(span: Span, error: BaseException) -> None:
    cancelled = isinstance(error, asyncio.CancelledError)
    span.set_attribute(ERROR_TYPE, "cancelled" if cancelled else type(error).__qualname__)
    span.set_status(Status(StatusCode.ERROR))
