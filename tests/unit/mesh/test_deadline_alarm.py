"""A deadline ends its call and nothing else: a caller that cancels or a handler that times out is not taken for it."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from mesh.call import Call
from mesh.errors import HamletError
from mesh.interceptors.deadline import DeadlineInterceptor, LongLivedCalls
from mesh.testing.echo import echo_method

INTERCEPTOR = DeadlineInterceptor(LongLivedCalls())


def call(seconds: float) -> Call:
    context: Any = SimpleNamespace(time_remaining=lambda: seconds)
    return Call(echo_method("Unary"), context, {})


async def forever(_: Call) -> None:
    await asyncio.Event().wait()


async def test_a_call_whose_time_is_over_ends_and_its_task_is_not_cancelled() -> None:
    with pytest.raises(HamletError) as told:
        await INTERCEPTOR.intercept(call(0.01), forever)
    assert told.value.spec.reason == "DEADLINE_EXCEEDED"
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_whoever_cancels_from_outside_is_obeyed() -> None:
    task = asyncio.create_task(INTERCEPTOR.intercept(call(30), forever))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_timeout_of_the_handler_s_own_stays_what_it_is() -> None:
    async def impatient(_: Call) -> None:
        async with asyncio.timeout(0):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await INTERCEPTOR.intercept(call(30), impatient)


async def test_an_answer_in_time_leaves_no_alarm_behind() -> None:
    async def quick(_: Call) -> None: ...

    await INTERCEPTOR.intercept(call(0.01), quick)
    await asyncio.sleep(0.02)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
