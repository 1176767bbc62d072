"""How an RPC ended, told the same way to spans and to metrics, on the server and on the client."""

import asyncio
import traceback
from collections.abc import Mapping
from dataclasses import dataclass

import grpc
from opentelemetry.trace import Span, Status, StatusCode

from mesh.call import Call
from mesh.errors import HamletError
from mesh.interceptors.deadline import DRAINING
from mesh.telemetry.conventions import (
    ERROR_REASON,
    ERROR_TYPE,
    EXCEPTION_STACKTRACE,
    EXCEPTION_TYPE,
    RPC_RESPONSE_STATUS_CODE,
    SERVER_FAULTS,
)

__all__ = ["OK", "Outcome", "client_outcome", "served", "server_outcome"]

_CLOCK_SKEW, _ROUNDING = 0.02, 0.01
"""A client hangs up when its deadline passes on its own clock: seconds by which that may be ahead of ours, and the part
of a timeout by which gRPC rounds it up on the wire. Within them it is a deadline, not a change of mind."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an RPC ended.

    Attributes:
        fault: whether this side of the call counts it as an error.
        reason: of ours, if the error was one of ours.
        surprise: an exception that nobody meant to be an answer.
    """

    code: grpc.StatusCode
    fault: bool = False
    reason: str = ""
    surprise: BaseException | None = None

    def attributes(self) -> Mapping[str, str]:
        """Status code and error type, for metrics and spans alike."""
        attributes = {RPC_RESPONSE_STATUS_CODE: self.code.name}
        if self.fault:
            attributes[ERROR_TYPE] = self.code.name
        return attributes

    def describe(self, span: Span) -> None:
        """Writes the outcome on a span that records. An ordinary refusal is an attribute, never an exception event."""
        span.set_attributes(dict(self.attributes()))
        if self.reason:
            span.set_attribute(ERROR_REASON, self.reason)
        if self.fault:
            span.set_status(Status(StatusCode.ERROR))
        if self.surprise is not None:
            span.add_event("exception", _exception(self.surprise))


OK = Outcome(grpc.StatusCode.OK)


def server_outcome(error: BaseException, call: Call, budget: float | None) -> Outcome:
    """What the caller is going to be told about `error`, seen from inside the deadline interceptor.

    Args:
        budget: seconds that the call had when it came in; None without a deadline.
    """
    code = _answer(error, call, budget)
    surprise = error if code is None else None
    code = code or grpc.StatusCode.INTERNAL
    return Outcome(code, fault=code in SERVER_FAULTS, reason=_reason(error), surprise=surprise)


def client_outcome(error: BaseException) -> Outcome:
    """The outcome of a call that was never made, or that an inner interceptor broke off."""
    if isinstance(error, asyncio.CancelledError):
        return Outcome(grpc.StatusCode.CANCELLED, fault=True)
    if isinstance(error, grpc.aio.AioRpcError):
        return Outcome(error.code(), fault=True)
    code = _own_code(error)
    surprise = error if code is None else None
    return Outcome(code or grpc.StatusCode.UNKNOWN, fault=True, reason=_reason(error), surprise=surprise)


def served(code: grpc.StatusCode) -> Outcome:
    """The outcome of a call that came back with `code`."""
    return OK if code is grpc.StatusCode.OK else Outcome(code, fault=True)


def _answer(error: BaseException, call: Call, budget: float | None) -> grpc.StatusCode | None:
    if isinstance(error, asyncio.CancelledError):
        return _of_cancellation(error, call, budget)
    if isinstance(error, grpc.aio.AbortError):
        return _status_code(call.context.code())
    return _own_code(error)


def _of_cancellation(error: asyncio.CancelledError, call: Call, budget: float | None) -> grpc.StatusCode:
    left = call.deadline.remaining()
    if left is not None and left <= _CLOCK_SKEW + _ROUNDING * (budget or 0.0):
        return grpc.StatusCode.DEADLINE_EXCEEDED
    task = asyncio.current_task()
    from_inside = task is None or not task.cancelling() or DRAINING in error.args
    return grpc.StatusCode.UNAVAILABLE if from_inside else grpc.StatusCode.CANCELLED


def _own_code(error: BaseException) -> grpc.StatusCode | None:
    code = getattr(error, "code", None)
    return code if isinstance(code, grpc.StatusCode) else None


def _status_code(code: object) -> grpc.StatusCode:
    """grpc.aio keeps the bare number of an aborted call."""
    by_number = {each.value[0]: each for each in grpc.StatusCode}
    if isinstance(code, grpc.StatusCode):
        return code
    return by_number.get(code, grpc.StatusCode.UNKNOWN) if isinstance(code, int) else grpc.StatusCode.UNKNOWN


def _reason(error: BaseException) -> str:
    return error.spec.reason if isinstance(error, HamletError) else ""


def _exception(error: BaseException) -> dict[str, str]:
    """Type and place. Never the text, which may hold what a person wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    return {
        EXCEPTION_TYPE: type(error).__qualname__,
        EXCEPTION_STACKTRACE: "\n".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames),
    }
