"""What a kubelet asks of a container: its probes, as the manifest says them."""

import asyncio
from collections.abc import Mapping
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

__all__ = ["answered", "passes"]


async def passes(probe: dict[str, Any], address: str, ports: Mapping[str, int]) -> None:
    """Returns once the probe has succeeded.

    Raises:
        TimeoutError: it failed as often in a row as its `failureThreshold` allows.
    """
    for _ in range(probe.get("failureThreshold", 3)):
        if await answered(probe, address, ports):
            return
        await asyncio.sleep(probe.get("periodSeconds", 10))
    raise TimeoutError


async def answered(probe: dict[str, Any], address: str, ports: Mapping[str, int]) -> bool:
    """Whether a container says yes in time.

    Args:
        ports: the container's, by name.
    """
    try:
        async with asyncio.timeout(probe.get("timeoutSeconds", 1)):
            if "grpc" in probe:
                return await _serves(f"{address}:{probe['grpc']['port']}", probe["grpc"].get("service", ""))
            if "httpGet" in probe:
                asked = probe["httpGet"]
                return await _gets(address, _port(asked["port"], ports), asked["path"])
            return await _connects(address, _port(probe["tcpSocket"]["port"], ports))
    except (OSError, TimeoutError, grpc.aio.AioRpcError):
        return False


async def _serves(target: str, service: str) -> bool:
    async with grpc.aio.insecure_channel(target) as channel:
        request = health_pb2.HealthCheckRequest(service=service)
        answer = await health_pb2_grpc.HealthStub(channel).Check(request)
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


async def _gets(address: str, port: int, path: str) -> bool:
    reader, writer = await asyncio.open_connection(address, port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n".encode())
        _, status, *_ = (await reader.readline()).split(maxsplit=2) or (b"", b"0")
    except ValueError:
        return False
    finally:
        writer.close()
    return 200 <= int(status) < 400


async def _connects(address: str, port: int) -> bool:
    _, writer = await asyncio.open_connection(address, port)
    writer.close()
    return True


def _port(port: int | str, ports: Mapping[str, int]) -> int:
    return port if isinstance(port, int) else ports[port]
