"""The contract on the outside, the filter on the inside."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from hamlet.spam.v1 import spam_service_pb2 as messages
from hamlet.spam.v1.spam_service_pb2_grpc import SpamServiceServicer

from model.observer import Priority
from services.spam.convert import comment_of, model_message, priority_of, verdict_message
from services.spam.filter import Filter
from services.spam.stream import as_they_are_ready

__all__ = ["SpamServicer"]


@dataclass(frozen=True, slots=True)
class SpamServicer(SpamServiceServicer):
    """
    Attributes:
        stream_window: comments of one stream that are judged at a time.
    """

    filter: Filter
    stream_window: int

    async def Classify(self, request: messages.ClassifyRequest, context: Any) -> messages.ClassifyResponse:
        verdict = await self.filter.judge(comment_of(request.comment), priority_of(request.priority))
        return messages.ClassifyResponse(verdict=verdict_message(verdict))

    async def ClassifyBatch(
        self, request: messages.ClassifyBatchRequest, context: Any
    ) -> messages.ClassifyBatchResponse:
        priority = priority_of(request.priority)
        try:
            async with asyncio.TaskGroup() as judging:
                tasks = [
                    judging.create_task(self.filter.judge(comment_of(comment), priority))
                    for comment in request.comments
                ]
        except* Exception as errors:
            # One reason is enough for the caller; the group's others are of the same kind.
            raise errors.exceptions[0] from None
        return messages.ClassifyBatchResponse(verdicts=[verdict_message(task.result()) for task in tasks])

    async def ClassifyStream(
        self, request_iterator: AsyncIterator[messages.ClassifyStreamRequest], context: Any
    ) -> AsyncIterator[messages.ClassifyStreamResponse]:
        async def judged(request: messages.ClassifyStreamRequest) -> messages.ClassifyStreamResponse:
            verdict = await self.filter.judge(comment_of(request.comment), Priority.LIVE)
            return messages.ClassifyStreamResponse(key=request.key, verdict=verdict_message(verdict))

        async for answer in as_they_are_ready(request_iterator, judged, self.stream_window):
            yield answer

    async def ListModels(self, request: messages.ListModelsRequest, context: Any) -> messages.ListModelsResponse:
        engine = self.filter.engine()
        calibration = engine.bundle.config.calibration
        model = model_message(
            engine.version,
            str(engine.device),
            spam_from=calibration.spam_from,
            unsure_from=calibration.unsure_from,
        )
        return messages.ListModelsResponse(models=[model])
