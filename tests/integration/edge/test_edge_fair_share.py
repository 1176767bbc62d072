"""One address cannot take all connections of a door, and no door those of another."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from hamlet.blog.v1.post_reading_service_pb2 import GetPostRequest
from hamlet.blog.v1.post_reading_service_pb2_grpc import PostReadingServiceStub

from mesh.edge import EdgeSettings, Village
from mesh.testing.envoy import running_edge

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

POST_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
GREEDY, SHARE, OTHERS = "127.0.0.2", 5, 40
SETTINGS = EdgeSettings(concurrency=2, connections_per_address=SHARE)


@contextlib.contextmanager
def connections(port: int, count: int, source: str) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(socket.create_connection(("127.0.0.1", port), 5, (source, 0))) for _ in range(count)]


async def still_open(made: list[socket.socket]) -> int:
    """How many are open once no more of them have been closed for a while."""
    before, now = -1, len(made)
    while now != before:
        await asyncio.sleep(0.3)
        before, now = now, sum(_open(each) for each in made)
    return now


def _open(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


async def answered(port: int, source: str) -> bool:
    transport = httpx.AsyncHTTPTransport(local_address=source)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", transport=transport) as client:
        try:
            return (await client.get(f"/v1/posts/{POST_ID}")).is_success
        except httpx.TransportError:
            return False


async def test_an_address_has_its_share_and_the_others_have_theirs(
    session_village: Village, stage: Any, folder: Path
) -> None:
    async with running_edge(session_village, folder, SETTINGS) as edge:
        with connections(edge.port, 4 * SHARE, GREEDY) as made:
            assert await still_open(made) == SHARE
            assert not await answered(edge.port, GREEDY)
            others = [await answered(edge.port, f"127.0.1.{number}") for number in range(1, OTHERS + 1)]
            # One in sixty-four shares with the greedy one; which, nobody knows beforehand.
            assert others.count(True) >= OTHERS * 3 // 4
        async with asyncio.timeout(10):
            while not await answered(edge.port, GREEDY):
                await asyncio.sleep(0.05)
    seen = {call.metadata["x-envoy-external-address"] for call in stage.seen}
    assert seen >= {GREEDY, *(f"127.0.1.{number}" for number, was in enumerate(others, 1) if was)}


async def test_a_full_door_leaves_the_cache_s_open(session_village: Village, stage: Any, folder: Path) -> None:
    settings = SETTINGS.model_copy(update={"max_connections": SHARE, "connections_per_address": 10 * SHARE})
    async with running_edge(session_village, folder, settings, behind_cache=True) as edge:
        with connections(edge.grpc_port, 4 * SHARE, GREEDY) as made:
            assert await still_open(made) == SHARE
            transport = httpx.AsyncHTTPTransport(uds=str(edge.socket))
            async with httpx.AsyncClient(base_url="http://hamlet.example", transport=transport) as cache:
                assert (await cache.get(f"/v1/posts/{POST_ID}")).is_success


async def test_behind_proxies_of_ours_nobody_is_counted_by_address(
    session_village: Village, stage: Any, folder: Path
) -> None:
    settings = SETTINGS.model_copy(update={"trusted_hops": 1})
    async with running_edge(session_village, folder, settings) as edge:
        with connections(edge.grpc_port, 4 * SHARE, GREEDY) as made:
            assert await still_open(made) == 4 * SHARE
        async with grpc.aio.insecure_channel(edge.grpc_target) as channel:
            await PostReadingServiceStub(channel).GetPost(GetPostRequest(post_id=POST_ID))
