"""Bounds how often one caller may call an RPC, as the contract says."""

import time

from hamlet.error.v1.error_reason_pb2 import ErrorReason

from mesh.address import network_of
from mesh.call import Call, Interceptor, Proceed, Quota
from mesh.errors import HamletError
from mesh.http import is_rest
from mesh.moving_window import MovingWindow
from mesh.policy import Method

__all__ = ["RateLimitInterceptor"]


class RateLimitInterceptor(Interceptor):
    """A moving window for each caller and RPC, in this process's memory: with N replicas a caller gets up to N times
    as much, which the edge's own limits bound.

    Args:
        factor: multiplies what the contracts admit.
    """

    name = "rate_limit"

    def __init__(self, factor: float = 1.0) -> None:
        self._factor = factor
        self._windows: dict[str, MovingWindow] = {}

    def concerns(self, method: Method) -> bool:
        return method.rate_limit is not None

    async def intercept(self, call: Call, proceed: Proceed) -> None:
        window, caller = self._window(call.method), _caller(call)
        if window is not None and caller:
            verdict = window.admit(caller, time.monotonic())
            if is_rest(call):
                call.quota = Quota(verdict.remaining, verdict.wait or window.seconds)
            if not verdict.admitted:
                raise HamletError(ErrorReason.ERROR_REASON_RATE_LIMITED, retry_after=verdict.wait)
        await proceed(call)

    def _window(self, method: Method) -> MovingWindow | None:
        limit = method.rate_limit
        if limit is None:
            return None
        if method.path not in self._windows:
            calls = max(1, int(limit.calls * self._factor))
            self._windows[method.path] = MovingWindow(calls, limit.window.total_seconds())
        return self._windows[method.path]


def _caller(call: Call) -> str:
    """Whose calls are counted together: the person, else the network of their address. A workload that calls on
    nobody's behalf is trusted to bound itself."""
    if call.principal is not None:
        return f"account:{call.principal.account_id}"
    if call.method.admits_alone(call.caller.workload):
        return ""
    return f"address:{network_of(call.caller.address)}"
