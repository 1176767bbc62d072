"""The processes that look after Envoy and nginx are followed by others of their kind, and no request fails."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from mesh.settings import MeshSettings
from services.cli.certs import ensure_certificates
from services.cli.layout import Layout
from services.cli.plan import environment
from tests.integration.edge.load import over_rest, serving, under_load

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

PATIENCE = 60.0
"""Of a machine that does other things too."""

EDGE, CACHE = "services.cli.edge", "services.cli.cache"
QUICKLY = {
    "HAMLET_EDGE_CACHE": "on",
    "HAMLET_EDGE_ACCESS_LOG": "off",
    "HAMLET_EDGE_DRAIN_SECONDS": "1",
    "HAMLET_EDGE_GRACE_SECONDS": "1",
    "HAMLET_EDGE_REQUESTS_PER_SECOND": "1000000",
    "HAMLET_EDGE_BURST": "1000000",
}


class Front:
    """Both proxies of a village, whose services are another test's: Envoy serves the pages that are asked for."""

    def __init__(self, home: Path) -> None:
        self.home, self.layout = home, Layout.choose(0)
        self.running: dict[str, asyncio.subprocess.Process] = {}

    async def start(self, module: str, **told: str) -> asyncio.subprocess.Process:
        environ = {**os.environ, **environment(self.layout, self.home), **QUICKLY, **told}
        with (self.home / f"{module}.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable, "-m", module, env=environ, stdout=log, stderr=log
            )

    async def follow(self, module: str) -> None:
        """Returns when the one that ran has ended, in order."""
        successor = await self.start(module)
        old, self.running[module] = self.running[module], successor
        async with asyncio.timeout(PATIENCE):
            assert await old.wait() == 0, self.said(module)
        assert successor.returncode is None, self.said(module)

    async def kill(self, module: str) -> None:
        """Another is started once the one that ran has ended, as a supervisor does it."""
        self.running[module].kill()
        await self.running[module].wait()
        self.running[module] = await self.start(module)

    def said(self, module: str) -> str:
        return (self.home / f"{module}.log").read_text()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def front(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Front]:
    home = tmp_path_factory.mktemp("front")
    ensure_certificates(MeshSettings(home=home))
    result = Front(home)
    try:
        for module in (EDGE, CACHE):
            result.running[module] = await result.start(module)
        async with at(result.layout.edge) as rest:
            await serving(rest)
        yield result
    finally:
        for process in result.running.values():
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), PATIENCE)


def at(port: int, *, anew: bool = False) -> httpx.AsyncClient:
    """A client of one of the doors; `anew` opens a connection for each request."""
    limits = httpx.Limits(max_keepalive_connections=0 if anew else 20)
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10, limits=limits)


@asynccontextmanager
async def read(front: Front) -> AsyncIterator[Counter[str]]:
    """Reads until the block ends: at the front door on lasting connections and on new ones, and at the other door."""
    rest, grpc_door = front.layout.edge, front.layout.grpc_door
    async with at(rest) as lasting, at(rest, anew=True) as fleeting, at(grpc_door, anew=True) as straight:
        calls = [partial(over_rest, each, "/docs") for each in (lasting, fleeting, straight)]
        async with under_load(*calls, each=2, pause=0.02) as ended:
            yield ended


async def test_a_process_is_followed_by_another_and_no_request_fails(front: Front) -> None:
    async with read(front) as ended:
        for module in (EDGE, CACHE):
            await front.follow(module)
    assert set(ended) == {"ok"}, ended
    assert ended.total() > 100


@pytest.mark.parametrize("module", [EDGE, CACHE])
async def test_a_successor_that_wants_other_sockets_is_refused_and_the_old_one_serves_on(
    front: Front, module: str
) -> None:
    async with read(front) as ended:
        refused = await front.start(module, HAMLET_EDGE_CONCURRENCY="3")
        async with asyncio.timeout(PATIENCE):
            assert await refused.wait() == 1
    assert "HAMLET_EDGE_CONCURRENCY is 2 where one runs" in front.said(module)
    assert set(ended) == {"ok"}, ended
    assert front.running[module].returncode is None


async def test_one_that_is_killed_instead_fails_requests(front: Front) -> None:
    for module in (EDGE, CACHE):
        async with read(front) as ended:
            await front.kill(module)
            async with at(front.layout.edge) as rest:
                await serving(rest)
        assert set(ended) > {"ok"}, ended
