"""Replicas that fail or leave: retries stay within their budget, and who leaves fails nobody."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2
from hamlet.blog.v1 import post_service_pb2
from hamlet.blog.v1.post_pb2 import Post
from hamlet.blog.v1.post_reading_service_pb2 import GetPostRequest
from hamlet.blog.v1.post_reading_service_pb2_grpc import PostReadingServiceStub
from hamlet.blog.v1.post_service_pb2_grpc import PostServiceStub

from mesh.channel import ROUND_ROBIN, SERVICE_CONFIG, MeshChannel, service_config
from mesh.errors import ErrorReason, HamletError
from mesh.identity.credentials import channel_credentials, server_name
from mesh.interceptors.client.retry import ClientRetry
from mesh.retry_budget import RetryBudget
from mesh.testing.service import ServiceUnderTest, TestMesh, person, serving
from tests.integration.mesh.hops import POST, Reader, serves

CALLS, WORKERS = 3_000, 16
PLAIN = service_config(ROUND_ROBIN)


class Replica(Reader):
    def __init__(self, *, fails: bool = False) -> None:
        self.fails, self.calls = fails, 0

    async def GetPost(self, request: GetPostRequest, context: Any) -> Post:
        self.calls += 1
        if self.fails:
            raise HamletError(ErrorReason.ERROR_REASON_UNAVAILABLE)
        return Post(id=request.post_id)


@pytest.fixture
def mesh(tmp_path: Path) -> TestMesh:
    mesh = TestMesh.create(tmp_path)
    return replace(mesh, settings=mesh.settings.model_copy(update={"max_concurrent_calls": 1000}))


@asynccontextmanager
async def two(mesh: TestMesh, *replicas: Replica) -> AsyncIterator[list[ServiceUnderTest]]:
    first, second = replicas
    async with (
        serving(serves(lambda _: first), "blog", mesh=mesh) as one,
        serving(serves(lambda _: second), "blog", mesh=mesh) as other,
    ):
        yield [one, other]


def balanced(
    services: list[ServiceUnderTest], *interceptors: grpc.aio.ClientInterceptor, config: str = SERVICE_CONFIG
) -> MeshChannel:
    """A channel to all of them, with nothing but what is given."""
    mesh = services[0].mesh
    files = mesh.certificates("edge")
    return MeshChannel(
        "ipv4:" + ",".join(f"127.0.0.1:{each.port}" for each in services),
        interceptors=interceptors,
        credentials=lambda: channel_credentials(files),
        server_name=server_name("blog", mesh.settings.trust_domain),
        config=config,
    )


async def load(channel: MeshChannel, calls: int, at: dict[int, Any] | None = None) -> list[grpc.StatusCode]:
    """Makes `calls` calls from several workers and returns how those that failed did.

    Args:
        at: coroutine functions to start when so many calls have been made.
    """
    stub, failures, made = PostReadingServiceStub(channel), [], 0
    started: list[asyncio.Task[Any]] = []

    async def work() -> None:
        nonlocal made
        while made < calls:
            made += 1
            if at and made in at:
                started.append(asyncio.create_task(at[made]()))
            try:
                await stub.GetPost(POST, timeout=10)
            except grpc.aio.AioRpcError as error:
                failures.append(error.code())

    await asyncio.gather(*(work() for _ in range(WORKERS)))
    await asyncio.gather(*started)
    return failures


@pytest.mark.slow
async def test_a_replica_that_always_fails_sees_at_most_a_fifth_more(mesh: TestMesh) -> None:
    good, bad = Replica(), Replica(fails=True)
    async with two(mesh, good, bad) as services:
        channel = balanced(services, ClientRetry(RetryBudget(per_second=0.0)), config=PLAIN)
        failures = await load(channel, CALLS)
        await channel.close()
    extra = good.calls + bad.calls - CALLS
    assert CALLS * 0.1 < extra <= CALLS * 0.2 + 1
    assert failures, "what the budget does not cover is the caller's to know"


async def test_a_retry_within_the_budget_hides_a_failing_replica(mesh: TestMesh) -> None:
    good, bad = Replica(), Replica(fails=True)
    async with two(mesh, good, bad) as services:
        channel = balanced(services, ClientRetry(RetryBudget(ratio=2.0, most_saved=100.0), attempts=3))
        failures = await load(channel, 100)
        await channel.close()
    assert len(failures) < 50
    assert bad.calls > 0


async def test_what_is_not_idempotent_is_sent_once(mesh: TestMesh) -> None:
    async with serving(serves(lambda _: Replica()), "blog", mesh=mesh) as service:
        budget = RetryBudget()
        channel = service.channel(person("0190b6a5-7c00-7000-8000-000000000002"), interceptors=[ClientRetry(budget)])
        before = budget._tokens
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await PostServiceStub(channel).CreatePost(post_service_pb2.CreatePostRequest(post=Post(title="x")))
        assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
        assert budget._tokens >= before


@pytest.mark.slow
async def test_a_replica_that_leaves_under_load_fails_no_call(mesh: TestMesh) -> None:
    stays, leaves = Replica(), Replica()
    async with two(mesh, stays, leaves) as services:
        channel = balanced(services)

        async def leave() -> None:
            await services[1].server.stop(drain_seconds=1.0, grace_seconds=5.0)

        failures = await load(channel, CALLS * 2, {CALLS // 2: leave})
        await channel.close()
    assert failures == []
    assert leaves.calls < stays.calls


async def test_a_replica_that_says_it_does_not_serve_gets_no_calls(mesh: TestMesh) -> None:
    serves_, resting = Replica(), Replica()
    async with two(mesh, serves_, resting) as services:
        await services[1].server.health.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
        channel = balanced(services)
        assert await load(channel, 200) == []
        await channel.close()
    assert (serves_.calls, resting.calls) == (200, 0)


@pytest.mark.slow
async def test_a_replica_that_fails_nearly_always_is_left_alone(mesh: TestMesh) -> None:
    good, bad = Replica(), Replica(fails=True)
    async with two(mesh, good, bad) as services:
        channel = balanced(services)
        async with asyncio.timeout(30):
            while await load(channel, 200):
                await asyncio.sleep(0.1)
        seen = bad.calls
        assert await load(channel, 200) == []
        assert bad.calls == seen
        await channel.close()
