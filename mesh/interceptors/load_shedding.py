"""Refuses work beyond what the process can hold, before any of it is done."""

from collections.abc import Callable

from hamlet.error.v1.error_reason_pb2 import ErrorReason

from mesh.call import Call, Proceed
from mesh.errors import HamletError

__all__ = ["LoadShedding"]


class LoadShedding:
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

    async def intercept(self, call: Call, proceed: Proceed) -> None:
        if call.method.long_lived or call.method.service == "grpc.health.v1.Health":
            await proceed()
            return
        if self.in_flight >= self._limit:
            if self._on_shed:
                self._on_shed(call.method.path)
            raise HamletError(ErrorReason.ERROR_REASON_OVERLOADED, retry_after=1.0)
        self.in_flight += 1
        try:
            await proceed()
        finally:
            self.in_flight -= 1
