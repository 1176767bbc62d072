"""Bounds how often one caller may call an RPC, as the contract says."""

import math
import time

from hamlet.error.v1.error_reason_pb2 import ErrorReason
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from mesh.call import Call, Proceed
from mesh.errors import HamletError

__all__ = ["RateLimitInterceptor"]


class RateLimitInterceptor:
    """A moving window for each caller and RPC, in this process's memory: with N replicas a caller gets up to N times
    as much, which the edge's own limits bound."""

    name = "rate_limit"

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def intercept(self, call: Call, proceed: Proceed) -> None:
        limit = call.method.rate_limit
        caller = _caller(call)
        if limit is not None and caller:
            item = RateLimitItemPerSecond(limit.calls, max(1, math.ceil(limit.window.total_seconds())))
            if not self._limiter.hit(item, call.method.path, caller):
                raise HamletError(
                    ErrorReason.ERROR_REASON_RATE_LIMITED, retry_after=self._wait(item, call.method.path, caller)
                )
        await proceed()

    def _wait(self, item: RateLimitItem, *key: str) -> float:
        return max(0.0, self._limiter.get_window_stats(item, *key).reset_time - time.time())


def _caller(call: Call) -> str:
    """Whose calls are counted together: the person, else their address. A workload that calls on nobody's behalf is
    trusted to bound itself."""
    if call.principal is not None:
        return f"account:{call.principal.account_id}"
    if call.method.admits_alone(call.caller.workload):
        return ""
    return f"address:{call.caller.address}"
