"""Callers share batches, the queue is bounded, live goes first, and nobody's fate touches another's."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from model.batcher import Batcher
from model.comment import Comment
from model.errors import BatcherClosedError, QueueFullError
from model.observer import BatchFinished, BatchStarted, Priority
from model.verdict import Label, Verdict

BOUND = 10.0


class Gate:
    """An engine that waits in its thread until it is let go, and notes what it was asked."""

    def __init__(self, *, is_open: bool = False) -> None:
        self.batches: list[list[str]] = []
        self.threads: set[str] = set()
        self.entered = threading.Semaphore(0)
        self.gate = threading.Event()
        self.failure: Exception | None = None
        if is_open:
            self.gate.set()

    def classify(self, comments: Sequence[Comment]) -> list[Verdict]:
        self.batches.append([comment.text for comment in comments])
        self.threads.add(threading.current_thread().name)
        self.entered.release()
        assert self.gate.wait(BOUND)
        if self.failure:
            raise self.failure
        return [Verdict(Label.HAM, 0.1, (), comment.text) for comment in comments]

    async def is_busy(self) -> None:
        assert await asyncio.to_thread(self.entered.acquire, timeout=BOUND)


class Notes:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.depths: list[tuple[Priority, int]] = []
        self.started: list[BatchStarted] = []
        self.finished: list[BatchFinished] = []

    def queue_changed(self, priority: Priority, depth: int) -> None:
        self.depths.append((priority, depth))

    def batch_started(self, batch: BatchStarted) -> None:
        self.started.append(batch)

    def batch_finished(self, batch: BatchFinished) -> None:
        self.finished.append(batch)


@asynccontextmanager
async def busy(gate: Gate, batcher: Batcher) -> AsyncIterator[asyncio.Task[Verdict]]:
    """A batcher whose engine holds one comment, `first`."""
    async with batcher:
        first = asyncio.create_task(batcher.classify(Comment("first")))
        await gate.is_busy()
        try:
            yield first
        finally:
            gate.gate.set()


def ask(batcher: Batcher, *texts: str, priority: Priority = Priority.LIVE) -> list[asyncio.Task[Verdict]]:
    return [asyncio.create_task(batcher.classify(Comment(text), priority)) for text in texts]


async def queued(batcher: Batcher, depth: int) -> None:
    async with asyncio.timeout(BOUND):
        while batcher.depth != depth:
            await asyncio.sleep(0)


async def test_comments_that_wait_together_are_judged_together_each_with_its_own_verdict() -> None:
    gate = Gate()
    batcher = Batcher(gate, max_wait=0)
    async with busy(gate, batcher):
        tasks = ask(batcher, "a", "b", "c")
        await queued(batcher, 3)
        gate.gate.set()
        assert [verdict.model_version for verdict in await asyncio.gather(*tasks)] == ["a", "b", "c"]
    assert gate.batches == [["first"], ["a", "b", "c"]]


async def test_a_lone_comment_does_not_wait_for_company_forever() -> None:
    async with Batcher(Gate(is_open=True), max_batch=64, max_wait=0.01) as batcher, asyncio.timeout(BOUND):
        assert (await batcher.classify(Comment("alone"))).model_version == "alone"


async def test_a_full_batch_does_not_wait_at_all() -> None:
    gate = Gate(is_open=True)
    async with Batcher(gate, max_batch=2, max_wait=3600) as batcher, asyncio.timeout(BOUND):
        await asyncio.gather(*ask(batcher, "a", "b"))
    assert gate.batches == [["a", "b"]]


async def test_no_batch_is_larger_than_allowed() -> None:
    gate = Gate()
    batcher = Batcher(gate, max_batch=4, max_wait=0)
    async with busy(gate, batcher):
        tasks = ask(batcher, *map(str, range(10)))
        await queued(batcher, 10)
        gate.gate.set()
        await asyncio.gather(*tasks)
    assert list(map(len, gate.batches)) == [1, 4, 4, 2]


async def test_live_goes_before_backfill() -> None:
    gate = Gate()
    batcher = Batcher(gate, max_batch=3, max_wait=0)
    async with busy(gate, batcher):
        old = ask(batcher, "old1", "old2", priority=Priority.BACKFILL)
        await queued(batcher, 2)
        live = ask(batcher, "live1", "live2")
        await queued(batcher, 4)
        gate.gate.set()
        await asyncio.gather(*old, *live)
    assert gate.batches[1:] == [["live1", "live2", "old1"], ["old2"]]


async def test_a_full_queue_refuses_and_says_when_to_come_back() -> None:
    gate = Gate()
    batcher = Batcher(gate, max_wait=0, max_queue=2)
    async with busy(gate, batcher):
        tasks = ask(batcher, "a", "b")
        await queued(batcher, 2)
        with pytest.raises(QueueFullError) as refused:
            await batcher.classify(Comment("c"))
        assert refused.value.depth == 2
        assert refused.value.retry_after >= 0
        gate.gate.set()
        await asyncio.gather(*tasks)
    assert gate.batches[1:] == [["a", "b"]]


async def test_backfill_leaves_half_of_the_queue_to_live_comments() -> None:
    gate = Gate()
    batcher = Batcher(gate, max_wait=0, max_queue=4)
    async with busy(gate, batcher):
        tasks = ask(batcher, "a", "b", priority=Priority.BACKFILL)
        await queued(batcher, 2)
        with pytest.raises(QueueFullError):
            await batcher.classify(Comment("c"), Priority.BACKFILL)
        tasks += ask(batcher, "live")
        await queued(batcher, 3)
        gate.gate.set()
        await asyncio.gather(*tasks)


async def test_a_caller_that_gives_up_frees_its_place_and_is_not_judged() -> None:
    gate = Gate()
    batcher = Batcher(gate, max_wait=0)
    async with busy(gate, batcher):
        kept, dropped = ask(batcher, "kept", "dropped")
        await queued(batcher, 2)
        dropped.cancel()
        await queued(batcher, 1)
        gate.gate.set()
        assert (await kept).model_version == "kept"
        assert dropped.cancelled()
    assert gate.batches[1:] == [["kept"]]


async def test_a_caller_cancelled_in_a_running_batch_harms_neither_the_batch_nor_the_loop() -> None:
    gate = Gate()
    batcher = Batcher(gate, max_wait=0)
    async with busy(gate, batcher) as first:
        first.cancel()
        second = ask(batcher, "second")[0]
        gate.gate.set()
        assert (await second).model_version == "second"
        assert first.cancelled()


async def test_an_engine_that_fails_fails_its_batch_and_not_the_next() -> None:
    gate = Gate(is_open=True)
    async with Batcher(gate, max_wait=0) as batcher:
        gate.failure = RuntimeError("device lost")
        with pytest.raises(RuntimeError, match="device lost"):
            await batcher.classify(Comment("unlucky"))
        gate.failure = None
        assert (await batcher.classify(Comment("lucky"))).model_version == "lucky"


async def test_the_engine_runs_in_one_thread_and_never_in_the_loops() -> None:
    gate = Gate(is_open=True)
    async with Batcher(gate, max_batch=1, max_wait=0) as batcher:
        await asyncio.gather(*ask(batcher, *map(str, range(20))))
    assert len(gate.threads) == 1
    assert threading.current_thread().name not in gate.threads


async def test_closing_answers_everybody_who_waits_and_takes_nobody_more() -> None:
    gate = Gate()
    batcher = Batcher(gate, max_batch=2, max_wait=3600)
    async with batcher:
        tasks = ask(batcher, "a", "b", "c")
        await gate.is_busy()
        closing = asyncio.create_task(batcher.close())
        await asyncio.sleep(0)
        with pytest.raises(BatcherClosedError):
            await batcher.classify(Comment("late"))
        gate.gate.set()
        async with asyncio.timeout(BOUND):
            await closing
            assert [verdict.model_version for verdict in await asyncio.gather(*tasks)] == ["a", "b", "c"]


async def test_a_batcher_that_was_not_entered_says_so() -> None:
    with pytest.raises(BatcherClosedError):
        await Batcher(Gate()).classify(Comment("a"))


async def test_the_observer_learns_contexts_times_depths_and_errors() -> None:
    gate, notes = Gate(), Notes()
    batcher = Batcher(gate, max_batch=2, max_wait=0, observer=notes)
    async with busy(gate, batcher):
        spans = [object(), object(), object()]
        tasks = [asyncio.create_task(batcher.classify(Comment("x"), context=span)) for span in spans]
        await queued(batcher, 3)
        gate.gate.set()
        await asyncio.gather(*tasks)
        gate.failure = RuntimeError("device lost")
        with pytest.raises(RuntimeError):
            await batcher.classify(Comment("y"))
    assert [list(batch.contexts) for batch in notes.started] == [[None], spans[:2], spans[2:], [None]]
    assert [batch.queue_depth for batch in notes.started] == [0, 1, 0, 0]
    assert all(seconds >= 0 for batch in notes.started for seconds in batch.queue_seconds)
    assert [batch.size for batch in notes.finished] == [1, 2, 1, 1]
    assert [type(batch.error) for batch in notes.finished] == [type(None)] * 3 + [RuntimeError]
    assert max(depth for _, depth in notes.depths) == 3
    assert notes.depths[-1][1] == 0


async def test_an_observer_that_fails_costs_no_verdict(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Notes):
        def batch_started(self, batch: BatchStarted) -> None:
            raise LookupError("no tracer")

    async with Batcher(Gate(is_open=True), max_wait=0, observer=Broken()) as batcher:
        assert (await batcher.classify(Comment("a"))).model_version == "a"
    assert "observer failed" in caplog.text


@pytest.mark.parametrize("bad", [{"max_batch": 0}, {"max_queue": 0}, {"max_wait": -1.0}])
def test_bounds_that_bound_nothing_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="at least one"):
        Batcher(Gate(), **bad)  # type: ignore[arg-type]


async def test_a_loop_that_is_stopped_from_outside_leaves_nobody_waiting() -> None:
    gate = Gate()
    batcher = Batcher(gate, max_wait=0)
    async with busy(gate, batcher) as first:
        waiting = ask(batcher, "a")[0]
        await queued(batcher, 1)
        assert batcher._loop is not None
        batcher._loop.cancel()
        async with asyncio.timeout(BOUND):
            for task in (first, waiting):
                with pytest.raises(BatcherClosedError):
                    await task
