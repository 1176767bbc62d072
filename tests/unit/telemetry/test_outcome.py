"""Whatever ends a call on the server, its span says what the caller is told."""

import asyncio
from types import SimpleNamespace
from typing import Any

import grpc
import pytest

from mesh.adapter import AbortedByHandlerError
from mesh.call import Call
from mesh.deadline import Deadline
from mesh.errors import ErrorReason, HamletError
from mesh.interceptors.deadline import DRAINING
from mesh.telemetry.outcome import client_outcome, server_outcome
from mesh.testing.echo import echo_method

Code = grpc.StatusCode


def call(left: float | None = None, aborted_with: int = 0) -> Call:
    context: Any = SimpleNamespace(code=lambda: aborted_with)
    return Call(method=echo_method("Unary"), context=context, metadata={}, deadline=Deadline.after(left))


@pytest.mark.parametrize(
    ("error", "code", "fault", "reason"),
    [
        (HamletError(ErrorReason.ERROR_REASON_POST_NOT_FOUND), Code.NOT_FOUND, False, "POST_NOT_FOUND"),
        (HamletError(ErrorReason.ERROR_REASON_UNAVAILABLE), Code.UNAVAILABLE, True, "UNAVAILABLE"),
        (AbortedByHandlerError(Code.NOT_FOUND, "unknown service"), Code.NOT_FOUND, False, ""),
        (OSError("disk"), Code.INTERNAL, True, ""),
    ],
)
def test_an_error_has_the_code_its_caller_gets(error: Exception, code: Code, fault: bool, reason: str) -> None:
    outcome = server_outcome(error, call(), None)
    assert (outcome.code, outcome.fault, outcome.reason) == (code, fault, reason)
    assert (outcome.surprise is not None) is isinstance(error, OSError)


def test_an_abort_has_the_code_that_grpc_was_given() -> None:
    assert server_outcome(grpc.aio.AbortError(), call(aborted_with=5), None).code is Code.NOT_FOUND


@pytest.mark.parametrize(("left", "budget", "late"), [(0.0, 1.0, True), (0.05, 10.0, True), (0.05, 1.0, False)])
async def test_a_caller_that_hangs_up_as_its_deadline_passes_exceeded_it(
    left: float, budget: float, late: bool
) -> None:
    outcome = server_outcome(asyncio.CancelledError(), call(left), budget)
    assert (outcome.code is Code.DEADLINE_EXCEEDED) is late


async def test_a_cancellation_from_inside_is_what_the_guard_answers() -> None:
    assert server_outcome(asyncio.CancelledError(), call(), None).code is Code.UNAVAILABLE
    assert server_outcome(asyncio.CancelledError(DRAINING), call(), None).code is Code.UNAVAILABLE


def test_a_call_that_was_never_made_says_why() -> None:
    assert client_outcome(asyncio.CancelledError()).code is Code.CANCELLED
    exceeded = client_outcome(HamletError(ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED))
    assert (exceeded.code, exceeded.reason) == (Code.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")
    assert client_outcome(OSError()).code is Code.UNKNOWN
