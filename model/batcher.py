"""Dynamic batching: callers that wait at the same time share one pass through the engine.

One loop collects what waits, live before backfill, and hands it to one worker thread. While a batch is computed the
next one collects, so that batches grow by themselves under load and a lone comment waits at most `max_wait`.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from model.comment import Comment
from model.errors import BatcherClosedError, QueueFullError
from model.observer import BatchFinished, BatchObserver, BatchStarted, Priority, Silent
from model.verdict import Verdict

__all__ = ["Batcher", "Judge"]

_SMOOTHING = 0.2
_log = logging.getLogger(__name__)


class Judge(Protocol):
    """What a batcher needs of an engine; `classify` runs in a worker thread, one call at a time."""

    def classify(self, comments: Sequence[Comment]) -> list[Verdict]: ...


@dataclass(frozen=True, slots=True, eq=False)
class _Item:
    comment: Comment
    answer: asyncio.Future[Verdict]
    context: object
    queued_at: float


class Batcher:
    """Classifies one comment per call, many per batch. Use it as an asynchronous context manager.

    Args:
        engine: does the work.
        max_batch: comments per batch at most.
        max_wait: seconds that a batch waits for company at most; 0 takes what is there.
        max_queue: comments that may wait, both priorities together. At most half of it is open to backfill, so that
            a rerun of old comments never turns a live one away.
        observer: is told of every batch.
    """

    def __init__(
        self,
        engine: Judge,
        *,
        max_batch: int = 64,
        max_wait: float = 0.002,
        max_queue: int = 1024,
        observer: BatchObserver | None = None,
    ) -> None:
        if max_batch < 1 or max_queue < 1 or max_wait < 0:
            raise ValueError("a batch and the queue hold at least one comment, and waiting is not negative")
        self._engine = engine
        self._max_batch, self._max_wait, self._max_queue = max_batch, max_wait, max_queue
        self._observer = observer or Silent()
        self._queues: dict[Priority, deque[_Item]] = {priority: deque() for priority in Priority}
        self._pace = max_wait / max_batch
        self._closing = False
        self._loop: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Batcher":
        # Made here and not in the constructor: an event belongs to the loop that runs it.
        self._arrived = asyncio.Event()
        self._full = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hamlet-engine")
        self._loop = asyncio.create_task(self._run(), name="hamlet-batcher")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def depth(self) -> int:
        """How many comments wait."""
        return sum(map(len, self._queues.values()))

    async def classify(self, comment: Comment, priority: Priority = Priority.LIVE, context: object = None) -> Verdict:
        """The verdict on one comment. A cancelled call is dropped from the queue, or its verdict is thrown away.

        Args:
            context: handed to the observer with the batch, untouched.

        Raises:
            QueueFullError: too many wait.
            BatcherClosedError: the batcher was closed, or never entered.
            Exception: what the engine raised for the batch.
        """
        if self._loop is None or self._closing:
            raise BatcherClosedError("the batcher is not running")
        bound = self._max_queue if priority is Priority.LIVE else max(self._max_queue // 2, 1)
        if self.depth >= bound:
            raise QueueFullError(self.depth, self.depth * self._pace)
        item = _Item(comment, asyncio.get_running_loop().create_future(), context, time.perf_counter())
        self._queues[priority].append(item)
        self._changed(priority)
        try:
            return await item.answer
        finally:
            self._forget(item, priority)

    async def close(self) -> None:
        """Take nothing more, answer everything that waits, and end the worker. May be called twice."""
        self._closing = True
        if self._loop is None:
            return
        self._changed(Priority.LIVE)
        await asyncio.wait([self._loop])
        self._thread.shutdown(wait=False)

    def _changed(self, priority: Priority) -> None:
        self._tell(self._observer.queue_changed, priority, len(self._queues[priority]))
        if self.depth or self._closing:
            self._arrived.set()
        if self.depth >= self._max_batch or self._closing:
            self._full.set()

    def _forget(self, item: _Item, priority: Priority) -> None:
        """A caller that gave up frees its place at once."""
        if item.answer.cancelled() and item in self._queues[priority]:
            self._queues[priority].remove(item)
            self._changed(priority)

    async def _run(self) -> None:
        try:
            while self.depth or not self._closing:
                await self._arrived.wait()
                await self._company()
                if batch := self._take():
                    await self._judge(batch)
                if not self.depth and not self._closing:
                    self._arrived.clear()
        finally:
            # Only a loop that was cancelled leaves anybody waiting.
            self._closing = True
            for item in [item for queue in self._queues.values() for item in queue]:
                _fail(item, BatcherClosedError("the batcher was stopped"))

    async def _company(self) -> None:
        """Wait until the batch is full or its oldest comment has waited long enough."""
        waiting = [queue[0].queued_at for queue in self._queues.values() if queue]
        if not waiting or self.depth >= self._max_batch or self._closing:
            return
        self._full.clear()
        try:
            async with asyncio.timeout(max(min(waiting) + self._max_wait - time.perf_counter(), 0)):
                await self._full.wait()
        except TimeoutError:
            return

    def _take(self) -> list[_Item]:
        batch: list[_Item] = []
        for priority, queue in self._queues.items():
            taken = min(len(queue), self._max_batch - len(batch))
            batch += [queue.popleft() for _ in range(taken)]
            if taken:
                self._tell(self._observer.queue_changed, priority, len(queue))
        return batch

    async def _judge(self, batch: list[_Item]) -> None:
        started = time.perf_counter()
        waited = [started - item.queued_at for item in batch]
        self._tell(self._observer.batch_started, BatchStarted([item.context for item in batch], waited, self.depth))
        error: Exception | None = None
        verdicts: list[Verdict] = []
        work = asyncio.get_running_loop().run_in_executor(self._thread, self._timed, [item.comment for item in batch])
        seconds = 0.0
        try:
            verdicts, seconds = await work
        except asyncio.CancelledError:
            for item in batch:
                _fail(item, BatcherClosedError("the batcher was stopped"))
            raise
        except Exception as failure:  # the engine's failure belongs to the callers; the loop goes on
            error = failure
            seconds = time.perf_counter() - started
        self._pace += _SMOOTHING * (seconds / len(batch) - self._pace)
        self._tell(self._observer.batch_finished, BatchFinished(len(batch), seconds, error))
        if error is not None:
            for item in batch:
                _fail(item, error)
        for item, verdict in zip(batch, verdicts, strict=error is None):
            if not item.answer.done():
                item.answer.set_result(verdict)

    def _timed(self, comments: list[Comment]) -> tuple[list[Verdict], float]:
        started = time.perf_counter()
        verdicts = self._engine.classify(comments)
        if len(verdicts) != len(comments):
            raise RuntimeError("the engine answered another number of comments than it was asked")
        return verdicts, time.perf_counter() - started

    @staticmethod
    def _tell(hook: Callable[..., None], *args: object) -> None:
        """An observer that fails costs a measurement, never a verdict."""
        try:
            hook(*args)
        except Exception:
            _log.exception("a batch observer failed")


def _fail(item: _Item, error: Exception) -> None:
    if not item.answer.done():
        item.answer.set_exception(error)
