"""nginx and Envoy in a row, as `hamlet up` runs them: neither takes away what the other promises."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from hamlet.blog.v1.post_pb2 import Post
from hamlet.comment.v1.comment_service_pb2 import WatchCommentsResponse

from mesh.edge import EdgeSettings, Village
from mesh.edge.cache import cached_routes
from mesh.edge.exposure import public_methods
from mesh.testing.cache import running_cache
from mesh.testing.envoy import running_edge

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

POST_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
GET_POST = f"/v1/posts/{POST_ID}"
WATCH = f"{GET_POST}/comments:watch"
FOREIGN = "a" * 32
TRACED = {"traceparent": f"00-{FOREIGN}-{'b' * 16}-01", "tracestate": "a=b"}


@asynccontextmanager
async def front_door(
    village: Village, folder: Path, *, collector: str | None = None, **chosen: Any
) -> AsyncIterator[httpx.AsyncClient]:
    settings = EdgeSettings(concurrency=1, drain_seconds=1, **chosen)
    async with (
        running_edge(village, folder, settings, collector=collector, behind_cache=True),
        running_cache(cached_routes(public_methods(village.services)), folder, settings) as cache,
        httpx.AsyncClient(base_url=f"http://{cache.address}") as client,
    ):
        yield client


async def test_what_http_asks_for_comes_through_the_cache(session_village: Village, stage: Any, folder: Path) -> None:
    stage.answers["GetPost"] = Post(id=POST_ID, etag='"a"')
    stage.answers["WatchComments"] = [WatchCommentsResponse(resume_token="now")]
    async with front_door(session_village, folder) as rest:
        refused = await rest.put(GET_POST, json={})
        assert (refused.status_code, refused.headers["allow"]) == (405, "DELETE, GET, HEAD, PATCH")
        events = await rest.get(WATCH, headers={"last-event-id": "before"})
        assert events.headers["content-type"] == "text/event-stream"
        assert events.text.startswith("retry: 2000\nid: now\ndata: {")
        assert (await rest.get(GET_POST)).status_code == 200
        assert (await rest.get(GET_POST, headers={"if-none-match": '"a"'})).status_code == 304
    watched, read = stage.seen[0], stage.seen[1]
    assert (watched.method, watched.metadata["last-event-id"]) == ("WatchComments", "before")
    assert watched.metadata["x-envoy-external-address"] == read.metadata["x-envoy-external-address"] == "127.0.0.1"


async def test_one_client_is_limited_behind_the_cache_and_nobody_pays_for_cached_answers(
    session_village: Village, stage: Any, folder: Path
) -> None:
    async with front_door(session_village, folder, requests_per_second=0.01, burst=3) as rest:
        cached = [(await rest.get(GET_POST)).status_code for _ in range(20)]
        assert cached.count(200) > 3
        others = [(await rest.get(f"/v1/accounts/{n}")).status_code for n in range(5)]
        assert others[-1] == 429
        forged = await rest.get("/v1/accounts/me", headers={"x-forwarded-for": "203.0.113.9"})
        assert forged.status_code == 429, "an address that the caller made up is not believed"


@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "not trusted"])
@pytest.mark.parametrize("path", [GET_POST, WATCH], ids=["kept", "passed"])
async def test_a_callers_trace_goes_through_both_where_it_is_trusted(
    session_village: Village, stage: Any, folder: Path, path: str, trusted: bool
) -> None:
    async with front_door(session_village, folder, collector="127.0.0.1:1", trust_trace_context=trusted) as rest:
        await asyncio.wait_for(rest.get(path, headers=TRACED), 10)
    metadata = stage.only_call().metadata
    assert (metadata["traceparent"].split("-")[1] == FOREIGN) is trusted
    assert (metadata.get("tracestate") == "a=b") is trusted
