"""Keeps a CancelledError that does not come from the client from hanging the call (grpc/grpc#29248)."""

import asyncio

from hamlet.error.v1.error_reason_pb2 import ErrorReason

from mesh.call import Call, Interceptor, Proceed
from mesh.errors import HamletError

__all__ = ["CancelGuard"]


class CancelGuard(Interceptor):
    """Turns cancellation from inside into an error.

    grpc.aio takes any CancelledError of a handler for a cancelled RPC and answers nothing: the client waits until its
    deadline, for ever without one. The task's own cancellation count tells the two apart.
    """

    name = "cancel_guard"

    async def intercept(self, call: Call, proceed: Proceed) -> None:
        try:
            await proceed(call)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise HamletError(
                ErrorReason.ERROR_REASON_UNAVAILABLE, debug="the handler was cancelled from inside"
            ) from None
