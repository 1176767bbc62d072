"""The edge is replaced while people use it, and nobody notices: no call fails on the socket, the port or a stream."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from hamlet.blog.v1.post_reading_service_pb2 import GetPostRequest
from hamlet.blog.v1.post_reading_service_pb2_grpc import PostReadingServiceStub
from hamlet.comment.v1.comment_service_pb2 import WatchCommentsResponse

from mesh.edge import EdgeSettings, Village
from mesh.edge.process import EnvoyDiedError
from mesh.settings import MeshSettings
from mesh.testing.envoy import RunningEdge, running_edge
from services.cli.certs import ensure_certificates
from services.cli.layout import Layout
from services.cli.plan import environment
from tests.integration.edge.load import over_rest, serving, under_load

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

POST_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
GET_POST = f"/v1/posts/{POST_ID}"
SETTINGS = EdgeSettings(
    concurrency=2, drain_seconds=1, grace_seconds=1, requests_per_second=1_000_000, burst=1_000_000, access_log=False
)
NO_RETRIES = [("grpc.enable_retries", 0)]


async def over_grpc(channel: grpc.aio.Channel) -> str:
    stub: Any = PostReadingServiceStub(channel)
    await stub.GetPost(GetPostRequest(post_id=POST_ID), timeout=5)
    return "ok"


def cache_of(edge: RunningEdge) -> httpx.AsyncClient:
    """Speaks as the cache does: to the socket, a connection a request, as a proxy that keeps none."""
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.AsyncClient(
        transport=httpx.AsyncHTTPTransport(uds=str(edge.socket), limits=limits), base_url="http://edge"
    )


async def test_no_call_fails_while_envoy_is_replaced_twice(session_village: Village, stage: Any, folder: Path) -> None:
    # A successor takes over the sockets that it has by name: a port that the system chose is none.
    settings = SETTINGS.model_copy(update={"grpc_listen": f"127.0.0.1:{Layout.choose(0).grpc_door}"})
    async with (
        running_edge(session_village, folder, settings, behind_cache=True) as edge,
        cache_of(edge) as cache,
        grpc.aio.insecure_channel(edge.grpc_target, options=NO_RETRIES) as channel,
    ):
        pids = [edge.process.pid]
        async with under_load(lambda: over_rest(cache, GET_POST), lambda: over_grpc(channel)) as ended:
            for _ in range(2):
                await asyncio.wait_for(edge.process.replace(), 30)
                assert not alive(pids[-1]), "the old one has ended when the replacement is over"
                pids.append(edge.process.pid)
    assert len(set(pids)) == 3
    assert set(ended) == {"ok"}, ended
    assert ended.total() > 100
    assert not list(Path("/dev/shm").glob(f"envoy_shared_memory_{(folder / 'base-id').read_text()}*"))


async def test_a_stream_goes_on_while_its_envoy_leaves(session_village: Village, stage: Any, folder: Path) -> None:
    follow = asyncio.Event()

    async def watch(request: Any, context: Any) -> Any:
        yield WatchCommentsResponse(resume_token="before")
        await follow.wait()
        yield WatchCommentsResponse(resume_token="after")

    stage.answers["WatchComments"] = watch
    async with running_edge(session_village, folder, SETTINGS, behind_cache=True) as edge, cache_of(edge) as cache:
        old = edge.process.pid
        async with cache.stream("GET", f"{GET_POST}/comments:watch") as answer:
            lines = answer.aiter_lines()
            while await anext(lines) != "id: before":
                pass
            replacing = asyncio.create_task(edge.process.replace())
            async with asyncio.timeout(20):
                while edge.process.pid == old:
                    await asyncio.sleep(0.01)
            follow.set()
            assert "id: after" in [line async for line in lines]
        await replacing


async def test_a_successor_with_a_bad_configuration_leaves_the_old_one_serving(
    session_village: Village, stage: Any, folder: Path
) -> None:
    async with running_edge(session_village, folder, SETTINGS, behind_cache=True) as edge, cache_of(edge) as cache:
        good = (folder / "envoy.json").read_text()
        (folder / "envoy.json").write_text("{}}")
        with pytest.raises(EnvoyDiedError):
            await edge.process.replace()
        assert await over_rest(cache, GET_POST) == "ok"
        (folder / "envoy.json").write_text(good)
        await edge.process.replace()
        assert await over_rest(cache, GET_POST) == "ok"


async def test_sighup_replaces_envoy_under_load_and_sigterm_ends_it(tmp_path: Path) -> None:
    layout = Layout.choose(0)
    ensure_certificates(MeshSettings(home=tmp_path))
    told = {
        **environment(layout, tmp_path),
        "HAMLET_EDGE_CACHE": "off",
        "HAMLET_EDGE_DRAIN_SECONDS": "1",
        "HAMLET_EDGE_GRACE_SECONDS": "1",
        "HAMLET_EDGE_REQUESTS_PER_SECOND": "1000000",
        "HAMLET_EDGE_BURST": "1000000",
    }
    with (tmp_path / "edge.log").open("wb") as log:
        edge = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.cli.edge"), env={**os.environ, **told}, stdout=log, stderr=log
        )
    async with httpx.AsyncClient(base_url=layout.url) as rest:
        try:
            await serving(rest)
            (old,) = children(edge.pid)
            # A page that Envoy serves by itself: the services behind it are another test's.
            async with under_load(lambda: over_rest(rest, "/docs")) as ended:
                edge.send_signal(signal.SIGHUP)
                async with asyncio.timeout(30):
                    while alive(old):
                        await asyncio.sleep(0.02)
            assert set(ended) == {"ok"}, ended
            assert len(children(edge.pid)) == 1
        finally:
            edge.terminate()
            assert await asyncio.wait_for(edge.wait(), 20) == 0, (tmp_path / "edge.log").read_text()


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()
