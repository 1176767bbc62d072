"""One client cannot take the village for itself: a limit by address, the same through both doors."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from hamlet.blog.v1.post_reading_service_pb2 import GetPostRequest
from hamlet.blog.v1.post_reading_service_pb2_grpc import PostReadingServiceStub
from hamlet.error.v1.error_reason_pb2 import ErrorReason

from mesh.edge import EdgeSettings, Village
from mesh.status import error_of
from mesh.testing.envoy import running_edge

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

POST_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
GET_POST = f"/v1/posts/{POST_ID}"
BURST = 5


@asynccontextmanager
async def limited(village: Village, folder: Path, **settings: Any) -> AsyncIterator[tuple[httpx.AsyncClient, Any]]:
    """A REST client and a stub for the gRPC door, of an edge that hardly refills and has one proxy in front of it."""
    chosen = EdgeSettings(concurrency=2, requests_per_second=0.01, burst=BURST, trusted_hops=1, **settings)
    async with (
        running_edge(village, folder, chosen) as edge,
        httpx.AsyncClient(base_url=edge.url) as rest,
        grpc.aio.insecure_channel(edge.grpc_target) as channel,
    ):
        yield rest, PostReadingServiceStub(channel)


async def statuses(rest: httpx.AsyncClient, client: str, count: int, path: str = GET_POST) -> list[int]:
    return [(await rest.get(path, headers={"x-forwarded-for": client})).status_code for _ in range(count)]


async def test_a_client_is_refused_beyond_its_burst_and_others_are_not(
    session_village: Village, stage: Any, folder: Path
) -> None:
    async with limited(session_village, folder) as (rest, _):
        assert await statuses(rest, "192.0.2.1", BURST + 1) == [200] * BURST + [429]
        assert await statuses(rest, "192.0.2.2", 1) == [200]
        assert await statuses(rest, "2001:db8:0:1::1", BURST) == [200] * BURST
        assert await statuses(rest, "2001:db8:0:1:ffff::2", 1) == [429], "a /64 is one customer"
        assert await statuses(rest, "2001:db8:0:2::1", 1) == [200]
        refused = await rest.get(GET_POST, headers={"x-forwarded-for": "192.0.2.1"})
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["ratelimit"] == '"edge";r=0;t=1'
    assert refused.headers["ratelimit-policy"] == f'"edge";q={BURST};w=500'
    info, retry = refused.json()["details"]
    assert (info["reason"], retry["retryDelay"]) == ("RATE_LIMITED", "1.000s")
    assert not [name for name in refused.headers if name.startswith("x-envoy")]


async def test_both_doors_count_together(session_village: Village, stage: Any, folder: Path) -> None:
    async with limited(session_village, folder) as (rest, stub):
        request, whose = GetPostRequest(post_id=POST_ID), (("x-forwarded-for", "192.0.2.1"),)
        assert await statuses(rest, "192.0.2.1", BURST - 1) == [200] * (BURST - 1)
        await stub.GetPost(request, metadata=whose)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.GetPost(request, metadata=whose)
        assert await statuses(rest, "192.0.2.1", 1) == [429]
    refused: Any = caught.value
    assert refused.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    error = error_of(refused)
    assert error is not None
    assert (error.reason, error.retry_after) == (ErrorReason.ERROR_REASON_RATE_LIMITED, 1.0)


async def test_what_does_not_exist_and_what_is_not_allowed_count_too(
    session_village: Village, stage: Any, folder: Path
) -> None:
    async with limited(session_village, folder) as (rest, _):
        assert await statuses(rest, "192.0.2.1", BURST + 1, "/v1/nothing") == [404] * BURST + [429]
        assert await statuses(rest, "192.0.2.2", BURST + 1, "/v1/sessions") == [405] * BURST + [429]
    assert not stage.seen


async def test_the_clients_that_are_counted_are_bounded_and_the_oldest_is_forgotten(
    session_village: Village, stage: Any, folder: Path
) -> None:
    async with limited(session_village, folder, max_clients=2) as (rest, _):
        assert await statuses(rest, "192.0.2.1", BURST + 1) == [200] * BURST + [429]
        for other in ("192.0.2.2", "192.0.2.3"):
            assert await statuses(rest, other, 1) == [200]
        assert await statuses(rest, "192.0.2.1", 1) == [200]
