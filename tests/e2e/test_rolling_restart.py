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
from services.cli.certs import ensure_certificates
from services.cli.layout import Layout
from tests.chaos.launches import inherited, service_launch
from tests.chaos.member import Member

CALLS, WORKERS = 4_000, 12

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


async def test_a_replica_that_is_told_to_end_fails_no_request(tmp_path: Path) -> None:
    with postgres_server() as postgres:
        postgres.create("blog")
        url = postgres.url("blog")
        settings = MeshSettings(home=tmp_path / "home")
        ensure_certificates(settings)
        told = {**inherited(), "HAMLET_HOME": str(settings.home), "HAMLET_BLOG_DATABASE_URL": url}
        addresses = [f"127.0.0.1:{Layout.choose(0).grpc['blog']}" for _ in range(2)]
        stays, leaves = (
            Member(name, service_launch("blog", address, settings, told))
            for name, address in zip(("stays", "leaves"), addresses, strict=True)
        )
        async with stays.running(), leaves.running():
            files = CertificateFiles(settings.certificates / "edge")
            channel = MeshChannel(
                f"ipv4:{','.join(addresses)}",
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
                        leaving.append(asyncio.create_task(leaves.leave()))
                    try:
                        await stub.ListPosts(ListPostsRequest(), timeout=10)
                    except grpc.aio.AioRpcError as error:
                        failures.append(error.code())

            await asyncio.gather(*(work() for _ in range(WORKERS)))
            assert await leaving[0] == 0, "it drained and ended by itself"
            assert failures == []
            assert made >= CALLS
            await channel.close()
