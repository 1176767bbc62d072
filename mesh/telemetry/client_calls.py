"""Learning how a client call ended, whoever ended it and however: the ground that tracing and metrics stand on."""

from collections.abc import Awaitable, Callable
from typing import Any

import grpc

from mesh.telemetry.outcome import Outcome, client_outcome, served

__all__ = ["observe"]

Finish = Callable[[Outcome], None]


async def observe(start: Callable[[], Awaitable[Any]], finish: Finish) -> Any:
    """Starts a call and reports its outcome exactly once.

    The report comes from the call's own done callback, so it comes also when nobody reads on: the caller's task was
    cancelled, the stream was broken off or read with `read()`, the channel was closed.

    Returns:
        The call as grpc.aio made it, so that callers keep `read`, `cancel` and `initial_metadata`.
    """
    try:
        call = await start()
    except BaseException as error:
        finish(client_outcome(error))
        raise
    if call.done():
        finish(served(_code(call)))
    else:
        call.add_done_callback(lambda done: finish(served(_code(done))))
    return call


def _code(call: Any) -> grpc.StatusCode:
    """The status of a call that is done. `code()` is a coroutine, but then it has nothing to wait for."""
    waiting = call.code()
    try:
        waiting.send(None)
    except StopIteration as result:
        code: grpc.StatusCode = result.value
        return code
    waiting.close()
    return grpc.StatusCode.UNKNOWN
