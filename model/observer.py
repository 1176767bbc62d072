"""What the batcher tells whoever measures it. No telemetry library is imported here: the service brings its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

__all__ = ["BatchFinished", "BatchObserver", "BatchStarted", "Priority", "Silent"]


class Priority(IntEnum):
    """Who is waiting; the lower number goes first."""

    LIVE = 0
    BACKFILL = 1


@dataclass(frozen=True, slots=True)
class BatchStarted:
    """A batch goes to the engine.

    Attributes:
        contexts: what each caller gave with its comment, in batch order; None where it gave nothing.
        queue_seconds: how long each comment waited.
        queue_depth: how many comments still wait.
    """

    contexts: Sequence[object]
    queue_seconds: Sequence[float]
    queue_depth: int


@dataclass(frozen=True, slots=True)
class BatchFinished:
    """A batch came back, with verdicts or with an error; `compute_seconds` is the engine's time alone."""

    size: int
    compute_seconds: float
    error: Exception | None


class BatchObserver(Protocol):
    """Called in the event loop, in turn: started, finished, started, ... Must not block; what it raises is logged."""

    def queue_changed(self, priority: Priority, depth: int) -> None: ...

    def batch_started(self, batch: BatchStarted) -> None: ...

    def batch_finished(self, batch: BatchFinished) -> None: ...


class Silent:
    """Measures nothing."""

    def queue_changed(self, priority: Priority, depth: int) -> None:
        pass

    def batch_started(self, batch: BatchStarted) -> None:
        pass

    def batch_finished(self, batch: BatchFinished) -> None:
        pass
