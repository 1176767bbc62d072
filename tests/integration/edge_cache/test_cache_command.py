"""`python -m services.cli.cache`: what the supervisor runs."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import httpx
import pytest

from mesh.edge.doors import REST_SOCKET
from tests.integration.edge_cache.upstream import Upstream

pytestmark = pytest.mark.slow

PATIENCE = 30.0


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago."""
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in taken]
    for each in taken:
        each.close()
    return ports


async def test_it_serves_counts_replaces_nginx_and_drains(folder: Path, upstream: Upstream) -> None:
    front, metrics = free_ports(2)
    (folder / "edge").mkdir()
    server = await asyncio.start_unix_server(upstream.serve, folder / "edge" / REST_SOCKET)
    told = {"HAMLET_HOME": str(folder), "HAMLET_LOG_FORMAT": "json", "HAMLET_EDGE_LISTEN": f"127.0.0.1:{front}"}
    told["HAMLET_EDGE_CACHE_METRICS_LISTEN"] = f"127.0.0.1:{metrics}"
    async with server, httpx.AsyncClient(timeout=10) as client, asyncio.timeout(PATIENCE):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.cli.cache", env={**os.environ, **told}, stderr=asyncio.subprocess.PIPE
        )
        assert process.stderr is not None
        while b'"serving"' not in await process.stderr.readline():
            assert process.returncode is None
        assert (await client.get(f"http://127.0.0.1:{front}/v1/posts/a")).status_code == 200
        process.send_signal(signal.SIGHUP)
        while not (folder / "edge" / "cache" / "2" / "nginx.pid").exists():
            assert (await client.get(f"http://127.0.0.1:{front}/v1/posts/a?past=1")).status_code == 200
        while "hamlet_edge_cache_requests_total{" not in (await client.get(f"http://127.0.0.1:{metrics}/metrics")).text:
            await asyncio.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        await process.stderr.read()
        assert await process.wait() == 0
