"""The filter as the servicer uses it: one span a request, and the model's errors as ours."""

import structlog
from opentelemetry.trace import Tracer

from mesh.errors import ErrorReason, HamletError
from mesh.telemetry import inference_span
from model.batcher import Batcher
from model.comment import Comment
from model.engine import Engine
from model.errors import BatcherClosedError, QueueFullError
from model.observer import Priority
from model.verdict import Verdict

__all__ = ["Filter"]

_log = structlog.get_logger(__name__)


class Filter:
    """Judges with the loaded model, or says that there is none.

    Args:
        batcher: None while no model could be loaded.
    """

    def __init__(self, tracer: Tracer, engine: Engine | None, batcher: Batcher | None) -> None:
        self._tracer, self._engine, self._batcher = tracer, engine, batcher

    async def judge(self, comment: Comment, priority: Priority) -> Verdict:
        """
        Raises:
            HamletError: QUEUE_FULL, FILTER_UNAVAILABLE.
        """
        if self._batcher is None:
            raise HamletError(ErrorReason.ERROR_REASON_FILTER_UNAVAILABLE)
        with inference_span(self._tracer) as span:
            try:
                verdict = await self._batcher.classify(comment, priority, span)
            except QueueFullError as full:
                raise HamletError(ErrorReason.ERROR_REASON_QUEUE_FULL, retry_after=max(full.retry_after, 0.1)) from None
            except BatcherClosedError:
                raise HamletError(ErrorReason.ERROR_REASON_FILTER_UNAVAILABLE, retry_after=1.0) from None
            except Exception as error:
                # Its text may hold what a person wrote.
                _log.error("the model failed", error_type=type(error).__qualname__)
                raise HamletError(ErrorReason.ERROR_REASON_FILTER_UNAVAILABLE, retry_after=1.0) from None
            span.set_attribute("hamlet.model.version", verdict.model_version)
            span.set_attribute("hamlet.verdict.label", verdict.label.name)
            return verdict

    def engine(self) -> Engine:
        """The engine that judges.

        Raises:
            HamletError: FILTER_UNAVAILABLE.
        """
        if self._engine is None:
            raise HamletError(ErrorReason.ERROR_REASON_FILTER_UNAVAILABLE)
        return self._engine
