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
        try:
            async with asyncio.timeout(call.deadline.remaining()):
                await proceed(call)
        except TimeoutError:
            if not call.deadline.expired:
                raise
            raise HamletError(ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED) from None

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
