"""Gives every call an end: the caller's deadline, or the contract's when there was none."""

import asyncio

from hamlet.error.v1.error_reason_pb2 import ErrorReason

from mesh.call import Call, Interceptor, Proceed
from mesh.deadline import Deadline
from mesh.errors import HamletError

__all__ = ["DRAINING", "DeadlineInterceptor", "LongLivedCalls"]

DRAINING = "the server is draining"
"""What a watch's CancelledError says when the server ends it, so that telemetry can tell who did."""


class LongLivedCalls:
    """The watches that are open, so that a drain can end them and their clients resume elsewhere."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()
        self.ending = False

    def end(self) -> None:
        self.ending = True
        for task in self._tasks:
            task.cancel(DRAINING)

    def enter(self) -> asyncio.Task[object]:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101
        self._tasks.add(task)
        return task

    def leave(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)


class _Alarm:
    """Cancels the task that makes it when a deadline passes: `asyncio.timeout` at a fifth of its cost, for the one use
    in which it is never rescheduled.
    """

    __slots__ = ("_cancelled_before", "_handle", "_rang", "_task")

    def __init__(self, deadline: Deadline) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101
        self._task, self._rang, self._cancelled_before = task, False, task.cancelling()
        left = deadline.remaining()
        self._handle = None if left is None else asyncio.get_running_loop().call_later(left, self._ring)

    def _ring(self) -> None:
        self._handle, self._rang = None, True
        self._task.cancel()

    def silenced(self) -> bool:
        """Ends it. Whether it was the alarm, and nobody else, that cancelled the task."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        if not self._rang:
            return False
        self._rang = False
        return self._task.uncancel() <= self._cancelled_before


class DeadlineInterceptor(Interceptor):
    """Ends a call when nobody waits any more. A long-lived watch ends with its client or with the server."""

    name = "deadline"

    def __init__(self, long_lived: LongLivedCalls) -> None:
        self._long_lived = long_lived

    async def intercept(self, call: Call, proceed: Proceed) -> None:
        if call.method.long_lived:
            await self._watch(call, proceed)
            return
        given = call.context.time_remaining()
        call.deadline = Deadline.after(call.method.deadline if given is None else given)
        alarm = _Alarm(call.deadline)
        try:
            await proceed(call)
        except asyncio.CancelledError:
            if not alarm.silenced():
                raise
            raise HamletError(ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED) from None
        except TimeoutError:
            if not call.deadline.expired:
                raise
            raise HamletError(ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED) from None
        finally:
            alarm.silenced()

    async def _watch(self, call: Call, proceed: Proceed) -> None:
        call.deadline = Deadline.after(call.context.time_remaining())
        task = self._long_lived.enter()
        try:
            await proceed(call)
        except asyncio.CancelledError:
            if not self._long_lived.ending:
                raise
            task.uncancel()
            raise HamletError(ErrorReason.ERROR_REASON_UNAVAILABLE, debug="the server is draining") from None
        finally:
            self._long_lived.leave(task)
