"""How the processes of a village are launched one by one, without a supervisor, and when they do their work."""

import asyncio
import os
from collections.abc import Mapping

from mesh.settings import MeshSettings
from services.cli.operator import operator_channel, serves
from tests.chaos.member import Launch

__all__ = ["answers", "inherited", "listens", "service_launch"]


def service_launch(name: str, address: str, settings: MeshSettings, told: Mapping[str, str]) -> Launch:
    """A replica of a service that listens on `host:port`; it is ready when it says that it serves.

    Args:
        told: its environment.
    """
    own = {**told, f"HAMLET_{name.upper()}_LISTEN": address, f"HAMLET_{name.upper()}_METRICS_LISTEN": "127.0.0.1:0"}

    async def ready() -> bool:
        if not await listens(int(address.rpartition(":")[2])):
            return False
        async with operator_channel(settings, name, f"ipv4:{address}") as channel:
            return await serves(channel)

    return Launch([f"services.{name}"], own, ready)


def inherited() -> dict[str, str]:
    """This process's environment without what is said in it to Hamlet and to OpenTelemetry."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("HAMLET_", "OTEL_"))}


async def listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def answers(port: int) -> bool:
    """Whether the front door does: the cache's sockets listen before nginx does."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /openapi.json HTTP/1.0\r\n\r\n")
        answer = await reader.readline()
        writer.close()
    except OSError:
        return False
    return b" 200 " in answer
