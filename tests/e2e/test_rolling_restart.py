"""SIGTERM to one of two replicas under load, client retries off: nobody notices."""

import asyncio
from pathlib import Path

import grpc
import pytest
from hamlet.blog.v1.post_reading_service_pb2 import ListPostsRequest
from hamlet.blog.v1.post_reading_service_pb2_grpc import PostReadingServiceStub

from mesh.channel import MeshChannel
from mesh.identity.credentials import CertificateFiles, channel_credentials, server_name
from mesh.settings import MeshSettings
from mesh.testing.postgres import postgres_server
from tests.e2e.replicas import replicas

CALLS, WORKERS = 4_000, 12

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


async def test_a_replica_that_is_told_to_end_fails_no_request(tmp_path: Path) -> None:
    with postgres_server() as postgres:
        postgres.create("blog")
        url = postgres.url("blog")
        async with replicas("blog", 2, tmp_path / "home", url) as (stays, leaves):
            settings = MeshSettings(home=tmp_path / "home")
            files = CertificateFiles(settings.certificates / "edge")
            channel = MeshChannel(
                f"ipv4:127.0.0.1:{stays.port},127.0.0.1:{leaves.port}",
                interceptors=[],
                credentials=lambda: channel_credentials(files),
                server_name=server_name("blog", settings.trust_domain),
            )
            stub, made, failures = PostReadingServiceStub(channel), 0, list[grpc.StatusCode]()
            leaving: list[asyncio.Task[int]] = []

            async def work() -> None:
                nonlocal made
                while made < CALLS or not leaving[0].done():
                    made += 1
                    if made == CALLS // 4:
                        leaving.append(asyncio.create_task(leaves.terminate()))
                    try:
                        await stub.ListPosts(ListPostsRequest(), timeout=10)
                    except grpc.aio.AioRpcError as error:
                        failures.append(error.code())

            await asyncio.gather(*(work() for _ in range(WORKERS)))
            assert await leaving[0] == 0, "it drained and ended by itself"
            assert failures == []
            assert made >= CALLS
            await channel.close()
