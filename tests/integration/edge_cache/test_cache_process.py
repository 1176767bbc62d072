"""nginx as a process: followed by another under load, refused with a reason, counted, and its logs bounded."""

import asyncio
import contextlib
import json
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from mesh.edge.cache import (
    CachedRoute,
    CacheProcess,
    CacheSettings,
    LogFiles,
    NginxDiedError,
    Tally,
    tally_codes,
)
from mesh.edge.cache.nginx import Nginx
from mesh.edge.doors import REST_SOCKET
from mesh.edge.settings import EdgeSettings
from mesh.testing.cache import running_cache
from tests.integration.edge_cache.upstream import Upstream

pytestmark = pytest.mark.slow

READERS, REPLACEMENTS = 16, 2


@asynccontextmanager
async def serving(
    folder: Path, routes: list[CachedRoute], upstream: Upstream, settings: EdgeSettings | None = None
) -> AsyncIterator[tuple[CacheProcess, httpx.AsyncClient]]:
    server = await asyncio.start_unix_server(upstream.serve, folder / REST_SOCKET)
    async with (
        server,
        running_cache(routes, folder, settings) as cache,
        httpx.AsyncClient(base_url=f"http://{cache.address}", timeout=10) as client,
    ):
        yield cache, client


async def ask_until(stop: asyncio.Event, address: str, path: str, *, anew: bool) -> int:
    """Asks over and over, on one connection or on a new one each time. Whatever goes wrong is raised: no retries."""
    count, limits = 0, httpx.Limits(max_keepalive_connections=0 if anew else 1)
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=10, limits=limits) as client:
        while not stop.is_set():
            assert (await client.get(path)).status_code == 200
            count += 1
    return count


async def nobody_left(group: int) -> None:
    async with asyncio.timeout(5):
        while members(group):
            await asyncio.sleep(0.01)


def members(group: int) -> list[int]:
    """The processes of a process group that have not ended (proc_pid_stat(5))."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            pid, rest = path.parent.name, path.read_text().rpartition(")")[2].split()
            if rest[0] != "Z" and int(rest[2]) == group:
                found.append(int(pid))
    return found


async def test_one_nginx_follows_another_under_load_and_no_request_fails(
    folder: Path, patient_routes: list[CachedRoute], upstream: Upstream
) -> None:
    upstream.delay = 0.01
    paths = ["/v1/posts/a", "/v1/posts/a?past=1"]
    settings = EdgeSettings(drain_seconds=4.0)
    async with serving(folder, patient_routes, upstream, settings) as (cache, _):
        stop, pids = asyncio.Event(), {cache.pid}
        readers = [
            asyncio.create_task(ask_until(stop, cache.address, paths[n % 2], anew=n % 4 > 1)) for n in range(READERS)
        ]
        for _ in range(REPLACEMENTS):
            await cache.replace()
            pids.add(cache.pid)
        stop.set()
        counts = await asyncio.gather(*readers)
    assert len(pids) == REPLACEMENTS + 1
    assert min(counts) >= 1
    assert sum(counts) > READERS


async def test_an_nginx_that_dies_ends_the_wait_of_its_keeper(
    folder: Path, routes: list[CachedRoute], upstream: Upstream
) -> None:
    async with serving(folder, routes, upstream) as (cache, _):
        waiting = asyncio.create_task(cache.wait())
        await cache.replace()
        assert not waiting.done()
        os.kill(cache.pid, signal.SIGKILL)
        async with asyncio.timeout(5):
            assert await waiting == -signal.SIGKILL
        await nobody_left(cache.pid)


async def test_an_nginx_that_is_given_up_is_killed_with_its_workers(
    folder: Path, routes: list[CachedRoute], upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(folder, routes, upstream) as (cache, client):
        answers = asyncio.Event()
        successor: list[int] = []

        async def answers_but_is_not_heard(self: Nginx) -> bool:
            if await heard(self):
                successor.append(self.pid)
                answers.set()
            return False

        heard = Nginx._answers
        monkeypatch.setattr(Nginx, "_answers", answers_but_is_not_heard)
        replacing = asyncio.create_task(cache.replace())
        async with asyncio.timeout(5):
            await answers.wait()
        assert members(successor[0]), "workers have started"
        replacing.cancel()
        await asyncio.wait([replacing])
        await nobody_left(successor[0])
        assert (await client.get("/v1/posts/a?past=1")).status_code == 200, "the old one serves on"


async def test_an_answer_that_has_begun_is_finished_before_the_end(
    folder: Path, routes: list[CachedRoute], upstream: Upstream
) -> None:
    upstream.delay = 0.4
    async with serving(folder, routes, upstream) as (cache, client):
        asking = asyncio.create_task(client.get("/v1/posts/a?past=1"))
        while not upstream.seen:
            await asyncio.sleep(0.01)
        await cache.stop()
        assert (await asking).status_code == 200


async def test_a_taken_address_is_an_error_with_its_reason(folder: Path, routes: list[CachedRoute]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = EdgeSettings(listen=f"127.0.0.1:{taken.getsockname()[1]}")
        process = CacheProcess(
            routes, settings, CacheSettings(), folder=folder, upstream=REST_SOCKET, logs=folder / "log"
        )
        with pytest.raises(OSError, match="Address already in use"):
            await process.start()


async def test_what_nginx_has_against_its_configuration_is_said(folder: Path, routes: list[CachedRoute]) -> None:
    settings = EdgeSettings(listen="127.0.0.1:0", allowed_origins=('https://x"; nonsense "',))
    process = CacheProcess(routes, settings, CacheSettings(), folder=folder, upstream=REST_SOCKET, logs=folder / "log")
    try:
        with pytest.raises(NginxDiedError, match=r"\[emerg\].*nginx\.conf"):
            await process.start()
    finally:
        await process.stop()


async def test_requests_are_counted_by_rpc_and_answer_while_the_log_is_moved_aside(
    folder: Path, patient_routes: list[CachedRoute], upstream: Upstream
) -> None:
    async with serving(folder, patient_routes, upstream) as (cache, client):
        tally = Tally(cache.tally, tally_codes(patient_routes))
        files = LogFiles({cache.tally: 1, cache.requests: 1}, cache.reopen_logs)
        for asked in (4, 8):
            for path in ("/v1/posts/a", "/v1/posts/a", "/v1/posts", "/v1/posts?past=1"):
                await client.get(path)
            async with asyncio.timeout(10):
                while tally.counts.total() < asked:
                    tally.read()
                    await asyncio.sleep(0.05)
            assert files.bound() == [cache.tally, cache.requests]
            while not tally.follow():
                await asyncio.sleep(0.02)
        tally.close()
    get, listing = "hamlet.blog.v1.PostReadingService/GetPost", "hamlet.blog.v1.PostReadingService/ListPosts"
    assert dict(tally.counts) == {
        (get, "MISS"): 1,
        (get, "HIT"): 3,
        (listing, "MISS"): 1,
        (listing, "HIT"): 1,
        ("none", "BYPASS"): 2,
    }


async def test_a_line_of_the_access_log_names_the_rpc_and_nobody(
    folder: Path, routes: list[CachedRoute], upstream: Upstream
) -> None:
    async with serving(folder, routes, upstream) as (cache, client):
        answer = await client.get("/v1/posts:search?query=secret", headers={"user-agent": "Agent-of-Ada"})
        await client.get("/v1/secret-post?query=secret")
        await cache.stop()
        text = cache.requests.read_text()
    first, second = map(json.loads, text.splitlines())
    assert (first["route"], first["cache"]) == ("hamlet.blog.v1.PostReadingService/SearchPosts", "MISS")
    assert (second["route"], second["cache"], second["status"]) == ("none", "BYPASS", 200)
    assert first["request_id"] == answer.headers["x-request-id"] == "request-1"
    assert not any(word in text for word in ("secret", "Ada", "127.0.0.1"))
