"""The probe for container engines asks real servers, and takes nothing else for a yes."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest
from grpc_health.v1 import health_pb2

from mesh.builtin import HealthServicer
from mesh.probe import serves_grpc, serves_http
from mesh.probes import LIVE, probes

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.fixture
def health() -> HealthServicer:
    return HealthServicer()


@pytest.fixture
async def address(health: HealthServicer) -> AsyncIterator[str]:
    async with probes("127.0.0.1:0", health) as port:
        yield f"127.0.0.1:{port}"


@pytest.mark.parametrize(("status", "good"), [(SERVING, True), (NOT_SERVING, False)])
async def test_it_says_whether_a_service_serves(
    address: str, health: HealthServicer, status: health_pb2.HealthCheckResponse.ServingStatus, good: bool
) -> None:
    await health.set("", status)
    assert await asyncio.to_thread(serves_grpc, address) is good
    assert await asyncio.to_thread(serves_grpc, address, LIVE)


async def test_a_service_that_nobody_knows_does_not_serve(address: str) -> None:
    assert not await asyncio.to_thread(serves_grpc, address, "no.such.Service")


@pytest.mark.parametrize(
    ("answer", "good"),
    [(b"HTTP/1.1 200 OK\r\n\r\n", True), (b"HTTP/1.1 503 Unavailable\r\n\r\n200", False), (b"", False)],
)
async def test_over_http_it_wants_200(answer: bytes, good: bool) -> None:
    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readline() == b"GET /ready HTTP/1.1\r\n"
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(answers, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert await asyncio.to_thread(serves_http, f"127.0.0.1:{port}/ready") is good
        assert await asyncio.to_thread(serves_grpc, f"127.0.0.1:{port}") is False


@pytest.mark.slow
async def test_as_a_command_it_says_so_by_its_status_and_imports_next_to_nothing(address: str) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "mesh.probe", "grpc"]
    good = await asyncio.to_thread(subprocess.run, [*command, address, LIVE], capture_output=True, text=True)
    bad = await asyncio.to_thread(subprocess.run, [*command, "127.0.0.1:1"], capture_output=True, text=True)
    assert (good.returncode, bad.returncode) == (0, 1)
    assert "127.0.0.1:1: " in bad.stderr
    assert not {"grpc", "http.client", "asyncio"} & set(good.stderr.split())
