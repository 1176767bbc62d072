"""Envoy as a child: it says when it died, and leaves only after what is in flight."""

import asyncio
import contextlib
from typing import Any

import httpx
import pytest
from hamlet.blog.v1.post_pb2 import Post

from mesh.edge import EdgeSettings, EnvoyProcess, Village, write_configuration
from mesh.edge.process import EnvoyDiedError
from mesh.testing.envoy import running_edge

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

GET_POST = "/v1/posts/01890a5d-ac96-774b-bcce-b302099a8057"


async def test_stopping_lets_a_request_in_flight_finish(session_village: Village, stage: Any, folder: Any) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    async def wait(request: Any, context: Any) -> Any:
        entered.set()
        await leave.wait()
        return Post()

    stage.answers["GetPost"] = wait
    async with (
        running_edge(session_village, folder, EdgeSettings(concurrency=1, drain_seconds=1)) as edge,
        httpx.AsyncClient(base_url=edge.url) as rest,
    ):
        request = asyncio.create_task(rest.get(GET_POST))
        await asyncio.wait_for(entered.wait(), 5)
        stopping = asyncio.create_task(edge.process.stop(grace=5))
        await refused(edge.port)
        leave.set()
        assert (await request).status_code == 200
        await stopping
        assert await edge.process.wait() == 0


async def refused(port: int) -> None:
    """Returns once nobody listens on the port."""
    async with asyncio.timeout(10):
        with contextlib.suppress(ConnectionRefusedError):
            while True:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                await asyncio.sleep(0.02)


async def test_a_configuration_that_envoy_refuses_is_said_at_once(
    session_village: Village, folder: Any, stage: Any
) -> None:
    settings = EdgeSettings(concurrency=1, listen="127.0.0.1:0", grpc_listen="127.0.0.1:0")
    bootstrap = write_configuration(session_village, settings, folder)
    bootstrap.write_text("{}}")
    process = EnvoyProcess(bootstrap, settings, log_output=asyncio.subprocess.DEVNULL)
    with pytest.raises(EnvoyDiedError):
        await process.start()
    assert await process.wait() != 0


async def test_a_death_is_noticed_by_whoever_waits(session_village: Village, folder: Any, stage: Any) -> None:
    async with running_edge(session_village, folder, EdgeSettings(concurrency=1)) as edge:
        waiting = asyncio.create_task(edge.process.wait())
        await edge.process.admin.quit()
        assert await asyncio.wait_for(waiting, 10) == 0
