"""Spans of the four kinds of RPC end, once, with what the caller was told; on both sides of the wire."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

from mesh.call import Interceptor
from mesh.interceptors.client import retry
from mesh.interceptors.client.metrics import client_metrics
from mesh.interceptors.client.tracing import client_tracing
from mesh.interceptors.metrics import ServerMetrics
from mesh.interceptors.tracing import ServerTracing
from mesh.retry_budget import RetryBudget
from mesh.telemetry.setup import Telemetry, setup
from mesh.testing.echo import ECHO, EchoServer, echo_stub, words
from mesh.testing.spans import SpanRecorder

KINDS = ["Unary", "Down", "Up", "Both"]


@dataclass
class Village:
    spans: SpanRecorder
    server: EchoServer
    channel: grpc.aio.Channel
    telemetry: Telemetry

    def call(self, kind: str, *said: str, timeout: float | None = None) -> Any:
        streaming_up = kind in {"Up", "Both"}
        request = words(*said) if streaming_up else StringValue(value=" ".join(said))
        return echo_stub(self.channel, kind)(request, timeout=timeout)


@pytest.fixture
async def village() -> AsyncIterator[Village]:
    spans = SpanRecorder()
    telemetry = setup("echo", environment={}, processors=[spans])
    observers: list[Interceptor] = [
        ServerTracing(telemetry.tracer, telemetry.propagator),
        ServerMetrics(telemetry.instruments),
    ]
    interceptors = [
        *client_tracing(telemetry.tracer, telemetry.propagator, server_address="echo"),
        *client_metrics(telemetry.instruments),
    ]
    async with (
        EchoServer(observers) as server,
        grpc.aio.insecure_channel(server.address, interceptors=interceptors) as channel,
    ):
        yield Village(spans, server, channel, telemetry)
    telemetry.shutdown()


async def ended(call: Any) -> grpc.StatusCode:
    try:
        if hasattr(call, "__aiter__"):
            async for _ in call:
                pass
        else:
            await call
    except grpc.aio.AioRpcError:
        pass
    code: grpc.StatusCode = await call.code()
    return code


def side(spans: list[ReadableSpan], kind: SpanKind) -> ReadableSpan:
    (found,) = [span for span in spans if span.kind is kind]
    return found


def code_of(span: ReadableSpan) -> Any:
    assert span.attributes is not None
    return span.attributes["rpc.response.status_code"]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_call_that_succeeds_is_one_client_span_and_its_child_on_the_server(village: Village, kind: str) -> None:
    assert await ended(village.call(kind, "hello")) is grpc.StatusCode.OK
    spans = await village.spans.wait_for(2)
    client, server = side(spans, SpanKind.CLIENT), side(spans, SpanKind.SERVER)
    assert client.context is not None
    assert server.parent is not None
    assert server.parent.span_id == client.context.span_id
    assert client.name == server.name == f"{ECHO}/{kind}"
    for span in (client, server):
        assert span.attributes is not None
        assert span.attributes["rpc.system.name"] == "grpc"
        assert span.attributes["rpc.method"] == f"{ECHO}/{kind}"
        assert code_of(span) == "OK"
        assert span.status.status_code is StatusCode.UNSET
    assert len(village.spans.ended) == 2


@pytest.mark.parametrize("kind", KINDS)
async def test_an_ordinary_404_is_an_attribute_and_neither_an_event_nor_a_server_error(
    village: Village, kind: str
) -> None:
    assert await ended(village.call(kind, "missing")) is grpc.StatusCode.NOT_FOUND
    spans = await village.spans.wait_for(2)
    client, server = side(spans, SpanKind.CLIENT), side(spans, SpanKind.SERVER)
    assert code_of(client) == code_of(server) == "NOT_FOUND"
    assert server.attributes is not None
    assert server.attributes["hamlet.error.reason"] == "POST_NOT_FOUND"
    assert server.status.status_code is StatusCode.UNSET
    assert client.status.status_code is StatusCode.ERROR
    assert not server.events
    assert not client.events


@pytest.mark.parametrize("kind", KINDS)
async def test_an_exception_nobody_meant_is_one_event_without_its_text_and_an_error(
    village: Village, kind: str
) -> None:
    assert await ended(village.call(kind, "crash")) is grpc.StatusCode.INTERNAL
    spans = await village.spans.wait_for(2)
    client, server = side(spans, SpanKind.CLIENT), side(spans, SpanKind.SERVER)
    assert code_of(client) == code_of(server) == "INTERNAL"
    assert client.status.status_code is server.status.status_code is StatusCode.ERROR
    (event,) = server.events
    assert event.attributes is not None
    assert event.attributes["exception.type"] == "ValueError"
    assert "what a person wrote" not in server.to_json()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_deadline_that_passes_ends_both_spans_as_deadline_exceeded(village: Village, kind: str) -> None:
    assert await ended(village.call(kind, "hang", timeout=0.2)) is grpc.StatusCode.DEADLINE_EXCEEDED
    spans = await village.spans.wait_for(2)
    assert {code_of(span) for span in spans} == {"DEADLINE_EXCEEDED"}
    assert {span.status.status_code for span in spans} == {StatusCode.ERROR}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_call_cancelled_by_its_caller_ends_both_spans_as_cancelled(village: Village, kind: str) -> None:
    call = village.call(kind, "hang")
    await village.server.servicer.hanging.wait()
    call.cancel()
    spans = await village.spans.wait_for(2)
    assert {code_of(span) for span in spans} == {"CANCELLED"}
    assert side(spans, SpanKind.SERVER).status.status_code is StatusCode.UNSET


@pytest.mark.parametrize("kind", KINDS)
async def test_a_caller_whose_task_is_cancelled_leaves_no_open_span(village: Village, kind: str) -> None:
    task = asyncio.create_task(ended(village.call(kind, "hang")))
    await village.server.servicer.hanging.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    spans = await village.spans.wait_for(2)
    assert {code_of(span) for span in spans} == {"CANCELLED"}


@pytest.mark.parametrize("kind", ["Down", "Both"])
async def test_a_stream_broken_off_ends_both_spans_as_cancelled(village: Village, kind: str) -> None:
    call = village.call(kind, "first", "hang")
    async for _ in call:
        break
    call.cancel()
    spans = await village.spans.wait_for(2)
    assert {code_of(span) for span in spans} == {"CANCELLED"}


@pytest.mark.parametrize("kind", ["Down", "Both"])
async def test_a_stream_abandoned_without_a_word_ends_both_spans_when_the_rpc_itself_ends(
    village: Village, kind: str
) -> None:
    """grpc.aio goes on with an abandoned stream until its deadline, whoever observes it: the spans say the same."""
    async for _ in village.call(kind, "first", "hang", timeout=2):
        break
    assert len(village.spans.unfinished) == 2
    spans = await village.spans.wait_for(2)
    assert {code_of(span) for span in spans} == {"DEADLINE_EXCEEDED"}


async def test_closing_the_channel_ends_the_span_of_an_abandoned_stream(village: Village) -> None:
    async for _ in village.call("Down", "first", "hang"):
        break
    await village.channel.close()
    spans = await village.spans.wait_for(2)
    assert {code_of(span) for span in spans} == {"CANCELLED"}


@pytest.mark.parametrize("kind", ["Down", "Both"])
async def test_a_stream_read_with_read_ends_its_span(village: Village, kind: str) -> None:
    call = village.call(kind, "first", "second")
    while await call.read() is not grpc.aio.EOF:
        pass
    spans = await village.spans.wait_for(2)
    assert {code_of(span) for span in spans} == {"OK"}


async def test_a_caller_who_gives_up_behind_the_retries_ends_the_call_at_once(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "_may_repeat", lambda path: True)
    telemetry = village.telemetry
    chain = [retry.ClientRetry(RetryBudget()), *client_tracing(telemetry.tracer, telemetry.propagator)]
    async with grpc.aio.insecure_channel(village.server.address, interceptors=chain) as channel:
        task = asyncio.create_task(ended(echo_stub(channel, "Unary")(StringValue(value="hang"), timeout=20)))
        await village.server.servicer.hanging.wait()
        task.cancel()
        spans = await village.spans.wait_for(2)
    assert {code_of(span) for span in spans} == {"CANCELLED"}
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_server_that_goes_away_ends_the_client_span_as_unavailable(village: Village) -> None:
    call = village.call("Down", "first", "hang")
    await village.server.servicer.hanging.wait()
    await village.server.__aexit__()
    assert await ended(call) is not grpc.StatusCode.OK
    spans = await village.spans.wait_for(2)
    assert code_of(side(spans, SpanKind.CLIENT)) == "UNAVAILABLE"


async def test_a_call_that_was_never_made_ends_its_span(village: Village) -> None:
    class Refusing(grpc.aio.UnaryUnaryClientInterceptor):
        async def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
            raise OSError("no")

    chain = [*client_tracing(village.telemetry.tracer, village.telemetry.propagator), Refusing()]
    async with grpc.aio.insecure_channel(village.server.address, interceptors=chain) as channel:
        with pytest.raises(OSError, match="no"):
            await echo_stub(channel, "Unary")(StringValue(value="hello"))
    (span,) = await village.spans.wait_for(1)
    assert code_of(span) == "UNKNOWN"
