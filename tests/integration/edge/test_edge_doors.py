"""Two doors: REST, on a socket behind the cache, and gRPC; through both a service learns who really calls."""

import stat
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from hamlet.blog.v1.post_pb2 import Post
from hamlet.blog.v1.post_reading_service_pb2 import GetPostRequest
from hamlet.blog.v1.post_reading_service_pb2_grpc import PostReadingServiceStub

from mesh.edge import EdgeSettings, Village
from mesh.testing.envoy import RunningEdge, running_edge

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

POST_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
GET_POST = f"/v1/posts/{POST_ID}"
PRETENDED = {"x-envoy-external-address": "203.0.113.9"}


@asynccontextmanager
async def behind_cache(village: Village, folder: Path, hops: int = 0) -> AsyncIterator[httpx.AsyncClient]:
    settings = EdgeSettings(concurrency=1, trusted_hops=hops)
    async with (
        running_edge(village, folder, settings, behind_cache=True) as edge,
        httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(edge.socket)), base_url="http://edge") as cache,
    ):
        yield cache


async def test_the_grpc_door_speaks_grpc_and_no_rest(edge: RunningEdge, channel: grpc.aio.Channel, stage: Any) -> None:
    stage.answers["GetPost"] = Post(title="Elsinore")
    stub: Any = PostReadingServiceStub(channel)
    assert (await stub.GetPost(GetPostRequest(post_id=POST_ID))).title == "Elsinore"
    async with httpx.AsyncClient(base_url=f"http://{edge.grpc_target}") as client:
        assert (await client.get(GET_POST)).json()["details"][0]["reason"] == "PATH_NOT_FOUND"
    assert len(stage.seen) == 1


async def test_the_grpc_door_speaks_grpc_web(edge: RunningEdge, stage: Any) -> None:
    web = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1"}
    path = "/hamlet.blog.v1.PostReadingService/GetPost"
    message = GetPostRequest(post_id=POST_ID).SerializeToString()
    async with httpx.AsyncClient(base_url=f"http://{edge.grpc_target}") as client:
        answer = await client.post(path, content=struct.pack(">BI", 0, len(message)) + message, headers=web)
    assert b"grpc-status:0" in answer.content


async def test_nobody_can_pretend_an_address_at_the_grpc_door(channel: grpc.aio.Channel, stage: Any) -> None:
    stub: Any = PostReadingServiceStub(channel)
    pretended = (("x-forwarded-for", "203.0.113.9"), *PRETENDED.items())
    await stub.GetPost(GetPostRequest(post_id=POST_ID), metadata=pretended)
    assert stage.only_call().metadata["x-envoy-external-address"] == "127.0.0.1"


async def test_the_socket_behind_the_cache_is_its_owners_alone_and_believes_the_last_entry(
    session_village: Village, stage: Any, folder: Path
) -> None:
    async with behind_cache(session_village, folder) as cache:
        headers = {"x-forwarded-for": "203.0.113.9, 192.0.2.7", **PRETENDED}
        assert (await cache.get(GET_POST, headers=headers)).status_code == 200
    assert stage.only_call().metadata["x-envoy-external-address"] == "192.0.2.7"
    assert stat.S_IMODE((folder / "rest.sock").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("hops", "forwarded", "caller"),
    [
        (1, "203.0.113.9, 198.51.100.2, 192.0.2.7", "198.51.100.2"),
        (2, "203.0.113.9, 198.51.100.2, 192.0.2.6, 192.0.2.7", "198.51.100.2"),
        (1, "2001:db8::1, 192.0.2.7", "2001:db8::1"),
        (0, "2001:db8::1", "2001:db8::1"),
        # A proxy that did not write: whoever spoke to the cache.
        (1, "192.0.2.7", "192.0.2.7"),
    ],
)
async def test_an_operators_proxies_in_front_of_the_cache_are_looked_through(
    session_village: Village, stage: Any, folder: Path, hops: int, forwarded: str, caller: str
) -> None:
    async with behind_cache(session_village, folder, hops) as cache:
        await cache.get(GET_POST, headers={"x-forwarded-for": forwarded, **PRETENDED})
    assert stage.only_call().metadata["x-envoy-external-address"] == caller


@pytest.mark.parametrize("forwarded", ["", "unknown"])
async def test_a_strangers_word_for_an_address_is_not_taken_even_where_the_cache_told_none(
    session_village: Village, stage: Any, folder: Path, forwarded: str
) -> None:
    async with behind_cache(session_village, folder) as cache:
        await cache.get(GET_POST, headers={**({"x-forwarded-for": forwarded} if forwarded else {}), **PRETENDED})
    assert stage.only_call().metadata["x-envoy-external-address"] == "rest.sock"
