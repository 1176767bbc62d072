"""Each defect of the contributed instrumentation, shown with it alone and absent with ours.

The first test of a pair asserts the wrong behaviour on purpose: when it fails, upstream has mended it, and the row in
docs/telemetry.md and our correction may go. Rows and issue numbers: docs/telemetry.md.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, StatusCode, TraceState
from opentelemetry.util.types import Attributes

from mesh.testing.echo import ECHO, echo_stub, words
from mesh.testing.plain import PlainServer
from mesh.testing.spans import SpanRecorder
from mesh.testing.traced import Traced


@pytest.fixture
def traced() -> Traced:
    return Traced()


def said(word: str) -> StringValue:
    return StringValue(value=word)


async def fails(call: Any, code: grpc.StatusCode) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    assert raised.value.code() is code


def attribute(span: ReadableSpan, name: str) -> Any:
    assert span.attributes is not None
    return span.attributes.get(name)


# An exception that nobody caught (contrib#5068)


async def test_contributed_uncaught_exception_looks_like_success_and_is_recorded_twice(traced: Traced) -> None:
    async with traced.contributed_server() as (_, channel):
        await fails(echo_stub(channel, "Unary")(said("crash")), grpc.StatusCode.UNKNOWN)
        span = await traced.one()
    assert span.status.status_code is StatusCode.UNSET
    assert attribute(span, "rpc.grpc.status_code") == 0
    assert [event.name for event in span.events] == ["exception", "exception"]
    assert "what a person wrote" in span.to_json()


async def test_ours_uncaught_exception_is_one_event_an_error_and_no_text(traced: Traced) -> None:
    async with traced.our_server() as (_, channel):
        await fails(echo_stub(channel, "Unary")(said("crash")), grpc.StatusCode.INTERNAL)
        span = await traced.one()
    assert span.status.status_code is StatusCode.ERROR
    assert attribute(span, "rpc.response.status_code") == "INTERNAL"
    assert [event.name for event in span.events] == ["exception"]
    assert "what a person wrote" not in span.to_json()


# An ordinary 404


async def test_contributed_ordinary_404_has_two_exception_events(traced: Traced) -> None:
    async with traced.contributed_server() as (_, channel):
        await fails(echo_stub(channel, "Unary")(said("missing")), grpc.StatusCode.NOT_FOUND)
        span = await traced.one()
    types = [(event.attributes or {})["exception.type"] for event in span.events]
    assert len(types) == 2
    assert all(str(each).endswith("AbortError") for each in types)


async def test_ours_ordinary_404_has_no_exception_event(traced: Traced) -> None:
    async with traced.our_server() as (_, channel):
        await fails(echo_stub(channel, "Unary")(said("missing")), grpc.StatusCode.NOT_FOUND)
        span = await traced.one()
    assert not span.events
    assert attribute(span, "rpc.response.status_code") == "NOT_FOUND"


# A client that gives up, breaks a stream off, or reads it with read()


async def _task_is_cancelled(server: PlainServer, channel: grpc.aio.Channel) -> None:
    async def call() -> None:
        await echo_stub(channel, "Unary")(said("hang"))

    task = asyncio.create_task(call())
    await server.hanging.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def _stream_is_broken_off(server: PlainServer, channel: grpc.aio.Channel) -> None:
    call = echo_stub(channel, "Down")(said("first hang"))
    async for _ in call:
        break
    call.cancel()


async def _stream_is_read_with_read(server: PlainServer, channel: grpc.aio.Channel) -> None:
    call = echo_stub(channel, "Down")(said("first second"))
    await call.read()
    await call.read()
    call.cancel()


ENDINGS = [_task_is_cancelled, _stream_is_broken_off, _stream_is_read_with_read]


@pytest.mark.parametrize("ending", ENDINGS)
async def test_contributed_client_span_never_ends(traced: Traced, ending: Any) -> None:
    async with traced.client(ours=False) as (server, channel):
        await ending(server, channel)
        await _idle()
        assert len(traced.spans.unfinished) == 1
        assert not traced.spans.ended


@pytest.mark.parametrize("ending", ENDINGS)
async def test_ours_client_span_ends_once(traced: Traced, ending: Any) -> None:
    async with traced.client(ours=True) as (server, channel):
        await ending(server, channel)
        await traced.one()
        await _idle()
    assert traced.spans.unfinished == []
    assert len(traced.spans.ended) == 1


async def _idle() -> None:
    """Lets everything that is ready to run do so."""
    for _ in range(50):
        await asyncio.sleep(0)


# A deadline that passes


async def test_contributed_deadline_exceeded_looks_like_success_on_the_server(traced: Traced) -> None:
    async with traced.contributed_server() as (_, channel):
        await fails(echo_stub(channel, "Unary")(said("hang"), timeout=0.2), grpc.StatusCode.DEADLINE_EXCEEDED)
        span = await traced.one()
    assert span.status.status_code is StatusCode.UNSET
    assert attribute(span, "rpc.grpc.status_code") == 0


async def test_ours_deadline_exceeded_is_an_error_on_the_server(traced: Traced) -> None:
    async with traced.our_server() as (_, channel):
        await fails(echo_stub(channel, "Unary")(said("hang"), timeout=0.2), grpc.StatusCode.DEADLINE_EXCEEDED)
        span = await traced.one()
    assert span.status.status_code is StatusCode.ERROR
    assert attribute(span, "rpc.response.status_code") == "DEADLINE_EXCEEDED"


# A handler that streams with context.read() and context.write() (contrib#3066)


@pytest.mark.filterwarnings("ignore:coroutine 'PlainServer._both' was never awaited:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:.*PlainServer._both:pytest.PytestUnraisableExceptionWarning")
async def test_contributed_breaks_a_handler_that_writes_to_its_context(traced: Traced) -> None:
    async with traced.contributed_server() as (_, channel):
        call = echo_stub(channel, "Both")(words("hello"))
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            _ = [answer async for answer in call]
    assert raised.value.code() is grpc.StatusCode.UNKNOWN
    assert "TypeError" in (raised.value.details() or "")


async def test_ours_serves_a_handler_that_writes_to_its_context(traced: Traced) -> None:
    async with traced.our_server() as (_, channel):
        answers = [answer.value async for answer in echo_stub(channel, "Both")(words("hello"))]
        await traced.one()
    assert answers == ["hello"]


# A stream that is broken off while the server is sending (contrib#2357)

ENDLESS = "one " * 100_000


async def _break_off_while_it_sends(channel: grpc.aio.Channel, spans: SpanRecorder) -> None:
    call = echo_stub(channel, "Down")(said(ENDLESS))
    async for _ in call:
        break
    call.cancel()
    await spans.wait_for(1)
    await _idle()


async def test_contributed_stream_fails_to_detach_its_context(traced: Traced, caplog: pytest.LogCaptureFixture) -> None:
    async with traced.contributed_server() as (_, channel):
        await _break_off_while_it_sends(channel, traced.spans)
    assert "Failed to detach context" in caplog.text


async def test_ours_stream_detaches_what_it_attached(traced: Traced, caplog: pytest.LogCaptureFixture) -> None:
    async with traced.our_server() as (_, channel):
        await _break_off_while_it_sends(channel, traced.spans)
    assert "detach" not in caplog.text
    assert attribute(traced.spans.ended[0], "rpc.response.status_code") == "CANCELLED"


# What an unsampled call costs


class Refusing(Sampler):
    """Samples nothing and notes what it was shown."""

    def __init__(self) -> None:
        self.shown: list[dict[str, Any]] = []

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        self.shown.append(dict(attributes or {}))
        return ALWAYS_OFF.should_sample(parent_context, trace_id, name, kind, attributes, links)

    def get_description(self) -> str:
        return "Refusing"


async def test_contributed_reads_peer_and_metadata_of_a_call_nobody_traces() -> None:
    sampler = Refusing()
    async with Traced(sampler).contributed_server() as (_, channel):
        await echo_stub(channel, "Unary")(said("hello"))
    assert {"net.peer.ip", "net.peer.port", "rpc.user_agent"} <= set(sampler.shown[0])


async def test_ours_builds_nothing_for_a_call_nobody_traces() -> None:
    sampler = Refusing()
    async with Traced(sampler).our_server() as (_, channel):
        await echo_stub(channel, "Unary")(said("hello"))
    assert sampler.shown == [{"rpc.system.name": "grpc", "rpc.method": f"{ECHO}/Unary"}]


# The attributes of 2021, one of them a personal datum


async def test_contributed_writes_old_names_and_the_callers_address(traced: Traced) -> None:
    async with traced.contributed_server() as (_, channel):
        await echo_stub(channel, "Unary")(said("hello"))
        span = await traced.one()
    assert {"rpc.system", "rpc.service", "rpc.grpc.status_code", "net.peer.ip"} <= set(span.attributes or {})


async def test_ours_writes_the_current_names_alone(traced: Traced) -> None:
    async with traced.our_server() as (_, channel):
        await echo_stub(channel, "Unary")(said("hello"))
        span = await traced.one()
    assert set(span.attributes or {}) == {"rpc.system.name", "rpc.method", "rpc.response.status_code"}
