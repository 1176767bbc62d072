"""A real nginx before an upstream that answers what a test says; with Envoy behind it see `tests/integration/edge`."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from mesh.edge.cache import CachedRoute, CacheProcess, cached_routes
from mesh.edge.doors import REST_SOCKET
from mesh.edge.exposure import public_methods
from mesh.edge.settings import EdgeSettings
from mesh.policy import EdgeCache
from mesh.settings import MeshSettings
from mesh.testing.cache import running_cache
from services.cli.edge import village
from tests.integration.edge_cache.upstream import ORIGIN, Upstream


@pytest.fixture(scope="session")
def routes() -> list[CachedRoute]:
    return cached_routes(public_methods(village(MeshSettings()).services))


@pytest.fixture(scope="session")
def patient_routes(routes: list[CachedRoute]) -> list[CachedRoute]:
    """The same, but an answer lives so long that no test depends on how fast it runs."""
    return [replace(route, policy=EdgeCache(60, 60)) for route in routes]


@pytest.fixture(scope="session")
def session_upstream() -> Upstream:
    return Upstream()


@pytest.fixture
def upstream(session_upstream: Upstream) -> Upstream:
    """The upstream as at its beginning."""
    for name, value in vars(Upstream()).items():
        setattr(session_upstream, name, value)
    return session_upstream


@pytest.fixture
def folder() -> Iterator[Path]:
    """With a short path, because sockets lie in it."""
    made = Path(tempfile.mkdtemp(prefix="cache-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def session_cache(patient_routes: list[CachedRoute], session_upstream: Upstream) -> AsyncIterator[CacheProcess]:
    """One nginx for all tests that need no other settings."""
    with tempfile.TemporaryDirectory(prefix="cache-", ignore_cleanup_errors=True) as folder:
        server = await asyncio.start_unix_server(session_upstream.serve, f"{folder}/{REST_SOCKET}")
        settings = EdgeSettings(allowed_origins=(ORIGIN,), drain_seconds=1.0)
        async with server, running_cache(patient_routes, Path(folder), settings) as process:
            yield process


@pytest_asyncio.fixture(loop_scope="session")
async def client(session_cache: CacheProcess, upstream: Upstream) -> AsyncIterator[httpx.AsyncClient]:
    """A client that sends no Accept-Encoding and no Accept of its own."""
    async with httpx.AsyncClient(base_url=f"http://{session_cache.address}", timeout=10) as opened:
        opened.headers.clear()
        yield opened


_numbers = iter(range(1_000_000))


@pytest.fixture
def page() -> str:
    """A path that no other test asked for."""
    return f"/v1/posts/page-{next(_numbers)}"
