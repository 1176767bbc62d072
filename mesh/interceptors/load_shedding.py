"""Refuses work beyond what the process can hold, before any of it is done."""

from collections.abc import Callable

from hamlet.error.v1.error_reason_pb2 import ErrorReason

from mesh.call import Call, Interceptor, Proceed
from mesh.errors import HamletError
from mesh.policy import Method

__all__ = ["LoadShedding"]


class LoadShedding(Interceptor):
    """Admits at most `limit` calls at a time. Health checks and long-lived watches do not count: an overloaded server
    is alive, and a watch is no work.

    Args:
        on_shed: called with the method's path for each refused call, for the metrics.
    """

    name = "load_shedding"

    def __init__(self, limit: int, on_shed: Callable[[str], None] | None = None) -> None:
        self._limit = limit
        self._on_shed = on_shed
        self.in_flight = 0

    def concerns(self, method: Method) -> bool:
        return not method.long_lived and method.service != "grpc.health.v1.Health"

    async def intercept(self, call: Call, proceed: Proceed) -> None:
        if self.in_flight >= self._limit:
            if self._on_shed:
                self._on_shed(call.method.path)
            raise HamletError(ErrorReason.ERROR_REASON_OVERLOADED, retry_after=1.0)
        self.in_flight += 1
        try:
            await proceed(call)
        finally:
            self.in_flight -= 1
