"""The edge is the root of every trace, decides alone what is sampled, and writes nothing personal into spans."""

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest
import pytest_asyncio

from mesh.edge import EdgeSettings, Village
from mesh.telemetry.spans import SpanRecord
from mesh.testing.envoy import RunningEdge, running_edge
from mesh.testing.otlp import OtlpReceiver

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

POST_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
FOREIGN = "a" * 32
PARENT = "b" * 16


def steering(sampled: int) -> list[dict[str, str]]:
    """Everything with which a caller might continue, force or suppress a trace."""
    return [
        {"traceparent": f"00-{FOREIGN}-{PARENT}-0{sampled}", "tracestate": "a=b"},
        {"b3": f"{FOREIGN}-{PARENT}-{sampled}"},
        {"b3": str(sampled)},
        {"x-b3-traceid": FOREIGN, "x-b3-spanid": PARENT, "x-b3-sampled": str(sampled), "x-b3-flags": str(sampled)},
        {"uber-trace-id": f"{FOREIGN}:{PARENT}:0:{sampled}"},
        {"x-client-trace-id": "x", "x-envoy-force-trace": "true"},
        {"x-request-id": "00000000-0000-9000-8000-000000000000"},
        {"x-request-id": "00000000-0000-a000-8000-000000000000"},
    ]


def served(spans: Sequence[SpanRecord]) -> list[SpanRecord]:
    """The spans of requests, without those of fetching keys that the first token of an Envoy's life may wait for."""
    return [span for span in spans if span.kind == "SERVER"]


@pytest_asyncio.fixture(loop_scope="session")
async def otlp() -> AsyncIterator[OtlpReceiver]:
    async with OtlpReceiver() as receiver:
        yield receiver


async def test_a_request_is_one_root_span_named_after_its_rpc_and_the_service_continues_it(
    session_village: Village, stage: Any, folder: Any, otlp: OtlpReceiver
) -> None:
    async with (
        running_edge(session_village, folder, EdgeSettings(concurrency=1), collector=otlp.address) as edge,
        httpx.AsyncClient(base_url=edge.url) as rest,
    ):
        answer = await rest.get(f"/v1/posts/{POST_ID}")
        (span,) = await otlp.wait_for(lambda spans: len(spans) == 1, 20)
    assert answer.headers["x-trace-id"] == span.trace_id
    assert (span.service, span.name, span.parent_id) == ("edge", "hamlet.blog.v1.PostReadingService/GetPost", "")
    _, trace_id, parent_id, flags = stage.only_call().metadata["traceparent"].split("-")
    assert (trace_id, parent_id, flags) == (span.trace_id, span.span_id, "01")


async def test_nobody_can_suppress_or_continue_a_trace(
    session_village: Village, stage: Any, folder: Any, otlp: OtlpReceiver
) -> None:
    tries = steering(sampled=0)
    async with (
        running_edge(session_village, folder, EdgeSettings(concurrency=1), collector=otlp.address) as edge,
        httpx.AsyncClient(base_url=edge.url) as rest,
    ):
        for headers in tries:
            await rest.get(f"/v1/posts/{POST_ID}", headers=headers)
        spans = await otlp.wait_for(lambda spans: len(spans) == len(tries), 20)
    assert FOREIGN not in {span.trace_id for span in spans}
    assert {span.parent_id for span in spans} == {""}
    assert all(seen.metadata["traceparent"].endswith("-01") for seen in stage.seen)
    assert not any({"b3", "uber-trace-id", "x-b3-sampled"} & set(seen.metadata) for seen in stage.seen)


async def test_nobody_can_force_a_trace(session_village: Village, stage: Any, folder: Any, otlp: OtlpReceiver) -> None:
    settings = EdgeSettings(concurrency=1, sampling_percent=0)
    async with (
        running_edge(session_village, folder, settings, collector=otlp.address) as edge,
        httpx.AsyncClient(base_url=edge.url) as rest,
    ):
        for headers in steering(sampled=1):
            await rest.get(f"/v1/posts/{POST_ID}", headers=headers)
    assert len(stage.seen) == len(steering(1))
    assert not any(seen.metadata.get("traceparent", "-00").endswith("-01") for seen in stage.seen)
    assert not otlp.spans


async def test_spans_and_log_hold_no_address_no_agent_no_token_and_nothing_of_the_url(
    session_village: Village, stage: Any, keys: Any, folder: Any, otlp: OtlpReceiver
) -> None:
    secret = keys.bearer()
    async with (
        running_edge(session_village, folder, EdgeSettings(concurrency=1), collector=otlp.address) as edge,
        httpx.AsyncClient(base_url=edge.url, headers={"user-agent": "agent-of-ada", **secret}) as rest,
    ):
        for path in ("/v1/posts:search?query=hunter2", "/v1/nothing/hunter2?a=hunter2", "/v1/posts?hunter2=hunter2"):
            await rest.get(path)
        await otlp.wait_for(lambda spans: len(served(spans)) == 3, 20)
        spans = served(otlp.spans)
        where: RunningEdge = edge
    written = json.dumps([span.attributes for span in spans]) + where.log.read_text()
    for personal in ("hunter2", "agent-of-ada", secret["authorization"], 'peer.address": "127'):
        assert personal not in written
    assert [span.name for span in spans].count("none") == 2
    lines = [json.loads(line) for line in where.log.read_text().splitlines() if line.startswith("{")]
    assert {line["trace_id"] for line in lines} == {span.trace_id for span in spans}


async def test_a_collector_that_is_away_costs_no_request(session_village: Village, stage: Any, folder: Any) -> None:
    async with (
        running_edge(session_village, folder, EdgeSettings(concurrency=1), collector="127.0.0.1:1") as edge,
        httpx.AsyncClient(base_url=edge.url) as rest,
    ):
        assert (await rest.get(f"/v1/posts/{POST_ID}")).status_code == 200


async def test_a_trace_of_the_operators_own_proxy_is_continued_where_he_says_so(
    session_village: Village, stage: Any, folder: Any
) -> None:
    settings = EdgeSettings(concurrency=1, trust_trace_context=True)
    async with (
        running_edge(session_village, folder, settings, collector="127.0.0.1:1") as edge,
        httpx.AsyncClient(base_url=edge.url) as rest,
    ):
        answer = await rest.get("/v1/posts", headers=steering(sampled=1)[0])
    assert answer.headers["x-trace-id"] == FOREIGN
    metadata = stage.only_call().metadata
    assert metadata["traceparent"].split("-")[1] == FOREIGN
    assert metadata["tracestate"] == "a=b"
