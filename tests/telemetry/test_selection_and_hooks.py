"""The contributed instrumentation's configuration works with ours: filters, its environment variable, hooks,
suppression."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from opentelemetry.instrumentation.grpc.filters import method_name, negate
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import StatusCode

from mesh.call import Call, Interceptor
from mesh.errors import HamletError
from mesh.interceptors.client.tracing import client_tracing
from mesh.interceptors.deadline import DeadlineInterceptor, LongLivedCalls
from mesh.interceptors.tracing import ServerTracing
from mesh.policy import Method
from mesh.telemetry.propagation import MeshPropagator
from mesh.telemetry.selection import Selection, usual_calls
from mesh.testing.echo import ECHO, EchoServer, echo_method, echo_stub
from mesh.testing.traced import Traced

HELLO = StringValue(value="hello")


@asynccontextmanager
async def village(traced: Traced, **options: Any) -> AsyncIterator[grpc.aio.Channel]:
    tracer = traced.provider.get_tracer("ours")
    observers: Sequence[Interceptor] = [ServerTracing(tracer, MeshPropagator(), options.get("chosen"))]
    chain = client_tracing(tracer, MeshPropagator(), **options)
    async with (
        EchoServer(observers) as server,
        grpc.aio.insecure_channel(server.address, interceptors=chain) as channel,
    ):
        yield channel


def test_health_checks_and_polls_for_keys_are_not_observed() -> None:
    observed = Selection(usual_calls())
    assert "/hamlet.mesh.v1.KeySetService/GetKeySet" not in observed
    assert "/grpc.health.v1.Health/Watch" not in observed
    assert f"/{ECHO}/Unary" in observed


async def test_services_named_in_the_environment_are_not_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_PYTHON_GRPC_EXCLUDED_SERVICES", f"other.Service, {ECHO}")
    traced = Traced()
    async with village(traced) as channel:
        await echo_stub(channel, "Unary")(HELLO)
    assert not traced.spans.ended


async def test_a_contributed_filter_chooses_what_is_traced() -> None:
    traced = Traced()
    async with village(traced, chosen=negate(method_name("Unary"))) as channel:
        await echo_stub(channel, "Unary")(HELLO)
        assert [answer.value async for answer in echo_stub(channel, "Down")(HELLO)] == ["hello"]
        spans = await traced.spans.wait_for(2)
    assert {span.name for span in spans} == {f"{ECHO}/Down"}


async def test_suppressed_instrumentation_makes_no_client_span() -> None:
    traced = Traced()
    async with village(traced) as channel:
        with suppress_instrumentation():
            await echo_stub(channel, "Unary")(HELLO)
        (span,) = await traced.spans.wait_for(1)
    assert span.kind.name == "SERVER"


async def test_hooks_get_the_span_with_the_request_and_with_the_outcome() -> None:
    seen: list[tuple[str, Any]] = []
    traced = Traced()
    hooks: dict[str, Any] = {
        "request_hook": lambda span, request: seen.append((span.name, request.value)),
        "response_hook": lambda span, outcome: seen.append((span.name, outcome)),
    }
    async with village(traced, **hooks) as channel:
        await echo_stub(channel, "Unary")(HELLO)
        await traced.spans.wait_for(2)
    assert seen == [(f"{ECHO}/Unary", "hello"), (f"{ECHO}/Unary", "OK")]


async def test_a_hook_that_fails_fails_no_call() -> None:
    traced = Traced()
    async with village(traced, request_hook=lambda span, request: 1 / 0) as channel:
        await echo_stub(channel, "Unary")(HELLO)
        await traced.spans.wait_for(2)


async def test_hooks_are_not_called_for_a_span_nobody_records() -> None:
    seen: list[Any] = []
    async with village(Traced(ALWAYS_OFF), request_hook=lambda span, request: seen.append(request)) as channel:
        await echo_stub(channel, "Unary")(HELLO)
    assert not seen


async def test_a_watch_that_a_draining_server_ends_says_unavailable_as_its_client_is_told() -> None:
    traced, long_lived, open_ = Traced(), LongLivedCalls(), asyncio.Event()
    tracing = ServerTracing(traced.provider.get_tracer("ours"), MeshPropagator())
    method = echo_method("Down")
    watch = Method(**{name: getattr(method, name) for name in method.__dataclass_fields__} | {"long_lived": True})
    context: Any = SimpleNamespace(time_remaining=lambda: None)
    call = Call(method=watch, context=context, metadata={})

    async def forever(call: Call) -> None:
        open_.set()
        await asyncio.Event().wait()

    deadline = DeadlineInterceptor(long_lived)
    task = asyncio.create_task(deadline.intercept(call, lambda call: tracing.intercept(call, forever)))
    await open_.wait()
    long_lived.end()
    with pytest.raises(HamletError) as told:
        await task
    assert told.value.code is grpc.StatusCode.UNAVAILABLE
    (span,) = traced.spans.ended
    assert span.attributes is not None
    assert span.attributes["rpc.response.status_code"] == "UNAVAILABLE"
    assert span.status.status_code is StatusCode.ERROR
