"""What an operator sees of batches: a span that links to its requests, and the queue's metrics."""

from collections.abc import Sequence
from contextlib import ExitStack

from opentelemetry.trace import Span

from mesh.telemetry import Telemetry, batch_span
from model.observer import BatchFinished, BatchStarted, Priority

__all__ = ["BatchTelemetry"]


class BatchTelemetry:
    """Told by the batcher, in its own task, of one batch after the other; each request's context is its span."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._tracer, self._instruments = telemetry.tracer, telemetry.instruments
        self._waiting = dict.fromkeys(Priority, 0)
        self._batch = ExitStack()

    def queue_changed(self, priority: Priority, depth: int) -> None:
        self._instruments.inference_queue.add(
            depth - self._waiting[priority], {"hamlet.inference.priority": priority.name.lower()}
        )
        self._waiting[priority] = depth

    def batch_started(self, batch: BatchStarted) -> None:
        for seconds in batch.queue_seconds:
            self._instruments.inference_wait.record(seconds)
        self._instruments.inference_batch.record(len(batch.contexts))
        self._batch.enter_context(batch_span(self._tracer, _spans(batch.contexts)))

    def batch_finished(self, batch: BatchFinished) -> None:
        error = batch.error
        self._batch.__exit__(None if error is None else type(error), error, None)


def _spans(contexts: Sequence[object]) -> list[Span]:
    return [context for context in contexts if isinstance(context, Span)]
