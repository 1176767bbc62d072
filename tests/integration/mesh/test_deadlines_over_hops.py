"""A deadline shrinks at each hop, and when it is over so is all work that was done for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from hamlet.blog.v1.post_reading_service_pb2_grpc import PostReadingServiceStub

from mesh.channel import MeshChannel
from mesh.deadline import Deadline
from mesh.runtime import Runtime
from mesh.testing.service import TestMesh, serving
from tests.integration.mesh.hops import POST, Hop, serves

ROUNDED = 0.005
"""gRPC sends timeouts in few digits, rounded up: seconds by which a hop may believe to have more."""


@dataclass
class Chain:
    """Three services that ask each other, and a client's channel to the first."""

    hops: list[Hop]
    channel: MeshChannel


@pytest.fixture
async def chain(tmp_path: Path) -> AsyncIterator[Chain]:
    mesh, hops = TestMesh.create(tmp_path), list[Hop]()
    async with AsyncExitStack() as stack:
        behind = ""
        for name in ("third", "second", "first"):
            following = {"first": "second", "second": "third"}.get(name)

            def make(runtime: Runtime, following: str | None = following) -> Hop:
                hops.insert(0, Hop(None if following is None else runtime.channel(following)))
                return hops[0]

            peers = {following: behind} if following else {}
            service = await stack.enter_async_context(serving(serves(make), name, mesh=mesh, peers=peers))
            behind = service.target
        yield Chain(hops, service.channel())


async def all_stopped(chain: Chain, seconds: float = 2.0) -> None:
    async with asyncio.timeout(seconds):
        for hop in chain.hops:
            await hop.stopped.wait()


async def test_each_hop_has_less_than_the_one_before_and_stops_when_it_is_over(chain: Chain) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as late:
        await PostReadingServiceStub(chain.channel).GetPost(POST, timeout=0.4)
    assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    await all_stopped(chain)
    left = [hop.left for hop in chain.hops]
    assert [len(each) for each in left] == [1, 1, 1]
    first, second, third = (each[0] for each in left)
    assert 0.4 + ROUNDED > first > second - ROUNDED > third - 2 * ROUNDED > 0
    assert third < 0.4


async def test_onward_work_stops_when_the_client_goes(chain: Chain) -> None:
    call = PostReadingServiceStub(chain.channel).GetPost(POST, timeout=30)
    async with asyncio.timeout(5):
        await chain.hops[-1].reached.wait()
    call.cancel()
    await all_stopped(chain)


async def test_without_a_deadline_the_contract_s_flows_on(chain: Chain) -> None:
    call = PostReadingServiceStub(chain.channel).GetPost(POST)
    async with asyncio.timeout(5):
        await chain.hops[-1].reached.wait()
    first, second, third = (hop.left[0] for hop in chain.hops)
    assert 2.0 >= first > second - ROUNDED > third - 2 * ROUNDED > 1.0
    call.cancel()


def test_a_budget_is_never_more_than_what_is_left() -> None:
    assert Deadline.after(None).budget(0.2) == 0.2
    assert Deadline.after(0.1).budget(0.2) <= 0.1
    assert Deadline.after(-1).budget(0.2) == 0.0
    assert Deadline.after(-1).expired
