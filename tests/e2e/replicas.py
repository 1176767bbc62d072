"""Replicas of one service as real processes on a real PostgreSQL."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from mesh.identity.authority import Authority
from mesh.settings import MeshSettings
from services.cli.layout import Layout
from services.cli.operator import operator_channel, serves

__all__ = ["Replica", "replicas"]

_START_SECONDS = 30.0


@dataclass(slots=True)
class Replica:
    """One process of a service."""

    port: int
    process: asyncio.subprocess.Process

    async def terminate(self) -> int:
        """SIGTERM, and the exit status."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            return await self.process.wait()


@asynccontextmanager
async def replicas(service: str, count: int, home: Path, database: str) -> AsyncIterator[list[Replica]]:
    """Starts `count` processes of `service` that share a database, and ends them."""
    settings = MeshSettings(home=home)
    authority = Authority.open_or_create(settings.certificates)
    for workload in (service, "edge", "operator"):
        authority.issue(workload, settings.trust_domain)
    async with AsyncExitStack() as stack:
        started = [await stack.enter_async_context(_replica(service, home, database)) for _ in range(count)]
        for replica in started:
            target = f"ipv4:127.0.0.1:{replica.port}"
            async with operator_channel(settings, service, target) as channel, asyncio.timeout(_START_SECONDS):
                while not await serves(channel):
                    assert replica.process.returncode is None
                    await asyncio.sleep(0.05)
        yield started


@asynccontextmanager
async def _replica(service: str, home: Path, database: str) -> AsyncIterator[Replica]:
    layout, name = Layout.choose(0), service.upper()
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("HAMLET_", "OTEL_"))}
    environment |= {
        "HAMLET_HOME": str(home),
        f"HAMLET_{name}_DATABASE_URL": database,
        f"HAMLET_{name}_LISTEN": f"127.0.0.1:{layout.grpc[service]}",
        f"HAMLET_{name}_METRICS_LISTEN": f"127.0.0.1:{layout.metrics[service]}",
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", f"services.{service}", env=environment)
    try:
        yield Replica(layout.grpc[service], process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
