"""Duration of the calls to other services."""

import time
from typing import Any

import grpc

from mesh.call import current_or_none
from mesh.telemetry.client_calls import observe
from mesh.telemetry.conventions import method_of_path, rpc_attributes
from mesh.telemetry.metrics import Instruments
from mesh.telemetry.outcome import Outcome

__all__ = ["client_metrics"]


class _Measured:
    """Records `rpc.client.call.duration`: from the start of a call to its status, however it ends."""

    def __init__(self, instruments: Instruments) -> None:
        self._durations = instruments.client_duration

    async def _measure(self, continuation: Any, details: Any, request: Any) -> Any:
        attributes, started = rpc_attributes(method_of_path(details.method)), time.monotonic()
        serving = current_or_none()

        def finish(outcome: Outcome) -> None:
            series = self._durations.series({**attributes, **outcome.attributes()})
            series.record(time.monotonic() - started, None if serving is None else serving.trace)

        return await observe(lambda: continuation(details, request), finish)


class _UnaryUnary(_Measured, grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await self._measure(continuation, client_call_details, request)


class _UnaryStream(_Measured, grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await self._measure(continuation, client_call_details, request)


class _StreamUnary(_Measured, grpc.aio.StreamUnaryClientInterceptor):
    async def intercept_stream_unary(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        return await self._measure(continuation, client_call_details, request_iterator)


class _StreamStream(_Measured, grpc.aio.StreamStreamClientInterceptor):
    async def intercept_stream_stream(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        return await self._measure(continuation, client_call_details, request_iterator)


def client_metrics(instruments: Instruments) -> list[grpc.aio.ClientInterceptor]:
    """The interceptors for the four kinds of RPC."""
    return [kind(instruments) for kind in (_UnaryUnary, _UnaryStream, _StreamUnary, _StreamStream)]
