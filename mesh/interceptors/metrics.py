"""Duration and number of the calls a server has in hand."""

import time

from mesh.call import Call, Interceptor, Proceed
from mesh.policy import Method
from mesh.telemetry.conventions import method_of_path, rpc_attributes
from mesh.telemetry.durations import Series
from mesh.telemetry.metrics import Instruments
from mesh.telemetry.outcome import OK, Outcome, server_outcome
from mesh.telemetry.selection import CallFilter, Selection, usual_calls

__all__ = ["ServerMetrics"]


class ServerMetrics(Interceptor):
    """Records `rpc.server.call.duration` for every call, sampled or not. It runs inside the span, so that a slow bucket
    carries the id of a trace as its exemplar.
    """

    name = "metrics"

    def __init__(self, instruments: Instruments, chosen: CallFilter | None = None) -> None:
        self._in_flight, self._durations = instruments.in_flight, instruments.server_duration
        self._counted = Selection(chosen or usual_calls())
        self._well: dict[str, Series] = {}

    def concerns(self, method: Method) -> bool:
        if method.path not in self._counted:
            return False
        self._well[method.path] = self._series(method.path, OK)
        return True

    async def intercept(self, call: Call, proceed: Proceed) -> None:
        path, started = call.method.path, time.monotonic()
        series = self._well[path]
        self._in_flight[path] = self._in_flight.get(path, 0) + 1
        try:
            await proceed(call)
        except BaseException as error:
            series = self._series(path, server_outcome(error, call, call.deadline.left_at(started)))
            raise
        finally:
            self._in_flight[path] -= 1
            series.record(time.monotonic() - started, call.trace)

    def _series(self, path: str, outcome: Outcome) -> Series:
        return self._durations.series({**rpc_attributes(method_of_path(path)), **outcome.attributes()})
