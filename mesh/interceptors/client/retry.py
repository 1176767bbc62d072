"""Retries of calls that the contract declares idempotent, within a budget."""

import asyncio
import random
from typing import Any

import grpc

from mesh.call import current_or_none
from mesh.contract import method_at
from mesh.retry_budget import RetryBudget

__all__ = ["ClientRetry"]


class ClientRetry(grpc.aio.UnaryUnaryClientInterceptor):
    """Sends an idempotent unary call again when it failed with UNAVAILABLE.

    At most `attempts` in all, each after a random part of a doubling pause, and only while the budget of this channel
    has room, so that a failing peer is not drowned in retries.
    """

    def __init__(self, budget: RetryBudget, attempts: int = 3, first_pause: float = 0.02) -> None:
        self._budget, self._attempts, self._first_pause = budget, attempts, first_pause

    async def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        self._budget.call()
        call = await continuation(details, request)
        if not _may_repeat(details.method):
            return call
        for attempt in range(1, self._attempts):
            if await _code(call) is not grpc.StatusCode.UNAVAILABLE:
                break
            pause = random.uniform(0, self._first_pause * 2**attempt)  # noqa: S311 - jitter, no secret
            if not _time_for(pause) or not self._budget.retry():
                break
            await asyncio.sleep(pause)
            call = await continuation(details, request)
        return call


async def _code(call: Any) -> grpc.StatusCode:
    """The call's status. A caller who gives up meanwhile ends the call too: grpc.aio would let it run on unheard."""
    try:
        code: grpc.StatusCode = await call.code()
    except asyncio.CancelledError:
        call.cancel()
        raise
    return code


def _may_repeat(path: str | bytes) -> bool:
    method = method_at(path.decode() if isinstance(path, bytes) else path)
    return method is not None and method.idempotent


def _time_for(pause: float) -> bool:
    serving = current_or_none()
    return serving is None or serving.deadline.budget(pause * 2) >= pause * 2
