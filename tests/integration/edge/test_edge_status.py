"""What probes and Prometheus may ask of Envoy, and that the rest of its admin interface stays on the loopback."""

import asyncio
import socket
from pathlib import Path

import httpx
import pytest

from mesh.edge import EdgeSettings, Village
from mesh.edge.status import admin_cluster
from mesh.probe import serves_http
from mesh.testing.envoy import running_edge

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_two_paths_are_answered_and_no_other(session_village: Village, folder: Path) -> None:
    status, admin = free_port(), free_port()
    settings = EdgeSettings(
        concurrency=1, status_listen=f"127.0.0.1:{status}", admin_listen=f"127.0.0.1:{admin}", drain_seconds=1
    )
    async with (
        running_edge(session_village, folder, settings),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{status}") as client,
    ):
        assert (await client.get("/ready")).text == "LIVE\n"
        assert await asyncio.to_thread(serves_http, f"127.0.0.1:{status}/ready")
        assert not await asyncio.to_thread(serves_http, f"127.0.0.1:{status}/quitquitquit")
        metrics = await client.get("/metrics")
        assert "envoy_http_downstream_rq_xx" in metrics.text
        for path in ("/", "/quitquitquit", "/config_dump", "/ready/", "/metrics/../quitquitquit", "/certs", "//ready"):
            assert (await client.get(path)).status_code == 404, path
        assert (await client.post("/ready")).status_code == 404


async def test_the_admin_interface_needs_a_port_that_is_known() -> None:
    with pytest.raises(ValueError, match="HAMLET_EDGE_ADMIN_LISTEN"):
        admin_cluster("127.0.0.1:0")
