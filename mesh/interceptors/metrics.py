"""Duration and number of the calls a server has in hand."""

import time

from mesh.call import Call, Interceptor, Proceed
from mesh.telemetry.conventions import method_of_path, rpc_attributes
from mesh.telemetry.metrics import Instruments
from mesh.telemetry.outcome import OK, server_outcome
from mesh.telemetry.selection import CallFilter, Selection, usual_calls

__all__ = ["ServerMetrics"]


class ServerMetrics(Interceptor):
    """Records `rpc.server.call.duration` for every call, sampled or not. It runs inside the span, so that a slow bucket
    carries the id of a trace as its exemplar.
    """

    name = "metrics"

    def __init__(self, instruments: Instruments, chosen: CallFilter | None = None) -> None:
        self._instruments = instruments
        self._counted = Selection(chosen or usual_calls())

    async def intercept(self, call: Call, proceed: Proceed) -> None:
        if call.method.path not in self._counted:
            await proceed(call)
            return
        attributes = rpc_attributes(method_of_path(call.method.path))
        outcome, started, budget = OK, time.perf_counter(), call.deadline.remaining()
        self._instruments.server_in_flight.add(1, attributes)
        try:
            await proceed(call)
        except BaseException as error:
            outcome = server_outcome(error, call, budget)
            raise
        finally:
            self._instruments.server_in_flight.add(-1, attributes)
            elapsed = time.perf_counter() - started
            self._instruments.server_duration.record(elapsed, {**attributes, **outcome.attributes()})
