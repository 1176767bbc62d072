"""Who asks much in one instant waits a little, and is answered; others do not wait for him."""

import asyncio
import json
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from hamlet.blog.v1.post_reading_service_pb2 import GetPostRequest
from hamlet.blog.v1.post_reading_service_pb2_grpc import PostReadingServiceStub

from mesh.edge import EdgeSettings, Village
from mesh.edge.cache import cached_routes
from mesh.edge.exposure import public_methods
from mesh.edge.filters.spread import SHARED, WAITS
from mesh.testing.cache import running_cache
from mesh.testing.envoy import running_edge

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

POST_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
GET_POST = f"/v1/posts/{POST_ID}"
AT_ONCE, MANY = 5, 40
SETTINGS = EdgeSettings(concurrency=2, requests_per_second=0.01, at_once=AT_ONCE, drain_seconds=1)


async def waited(folder: Path) -> int:
    """Requests that a filter of the edge held back; one may be held back by several."""
    admin = (folder / "admin-address").read_text().strip()
    async with httpx.AsyncClient(base_url=f"http://{admin}") as client:
        answer = await client.get("/stats", params={"format": "json", "filter": r"\.fault\.delays_injected$"})
    return sum(each["value"] for each in json.loads(answer.text)["stats"] if "value" in each)


async def test_what_one_client_asks_at_once_beyond_the_first_waits_and_is_answered(
    session_village: Village, stage: Any, folder: Path
) -> None:
    settings = SETTINGS.model_copy(update={"trusted_hops": 1})
    async with (
        running_edge(session_village, folder, settings) as edge,
        httpx.AsyncClient(base_url=edge.url, timeout=10) as rest,
        grpc.aio.insecure_channel(edge.grpc_target) as channel,
    ):
        one, other = {"x-forwarded-for": "192.0.2.1"}, {"x-forwarded-for": "192.0.2.2"}
        for _ in range(AT_ONCE):
            assert (await rest.get(GET_POST, headers=one)).is_success
        assert await waited(folder) == 0
        calls = (
            PostReadingServiceStub(channel).GetPost(GetPostRequest(post_id=POST_ID), metadata=tuple(one.items()))
            for _ in range(MANY)
        )
        await asyncio.gather(*calls)
        many = await waited(folder)
        assert many > 0
        assert (await rest.get(GET_POST, headers={**other, WAITS: "1"})).is_success
        assert await waited(folder) == many, "another client waited, because of the one or of what he sent"
    assert len(stage.seen) == AT_ONCE + MANY + 1
    assert not {WAITS, SHARED} & {name for seen in stage.seen for name in seen.metadata}


async def test_what_is_fetched_for_all_does_not_wait_and_nobody_can_say_that_it_is(
    session_village: Village, stage: Any, folder: Path
) -> None:
    routes = cached_routes(public_methods(session_village.services))
    async with (
        running_edge(session_village, folder, SETTINGS, behind_cache=True),
        running_cache(routes, folder, SETTINGS) as cache,
        httpx.AsyncClient(base_url=f"http://{cache.address}", timeout=10) as client,
    ):
        paths = [f"/v1/posts/01890a5d-ac96-774b-bcce-{number:012x}" for number in range(MANY)]
        answers = await asyncio.gather(*(client.get(path) for path in paths))
        assert {answer.headers["x-cache"] for answer in answers} == {"MISS"}
        assert await waited(folder) == 0
        passed = {"if-none-match": '"other"', "authorization": "", SHARED: "1"}
        answers = await asyncio.gather(*(client.get("/v1/nothing", headers=passed) for _ in range(MANY)))
        assert {answer.headers["x-cache"] for answer in answers} == {"BYPASS"}
        assert await waited(folder) > 0
