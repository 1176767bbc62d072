"""A village with two replicas of each service on a real PostgreSQL, and both proxies, as real processes."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from mesh.settings import MeshSettings
from mesh.testing.postgres import postgres_server
from services.cli.certs import ensure_certificates
from services.cli.layout import SERVICES, Layout
from services.cli.operator import operator_channel, serves
from tests.chaos.member import Member, Proxy, Replica

__all__ = ["Fleet", "fleet"]

REPLICAS = 2
WITH_DATABASE = ("account", "blog", "comment")


class Fleet:
    """The processes by name: `blog-1`, `blog-2`, ..., `traces`, `edge`, `cache`."""

    def __init__(self, home: Path, layout: Layout, members: Mapping[str, Member]) -> None:
        self.home, self.layout, self.members = home, layout, members

    @property
    def target(self) -> dict[str, str]:
        """The gRPC target of each service, all replicas."""
        return {name: f"ipv4:{','.join(_addresses(self.layout, name))}" for name in SERVICES}

    def refusals(self) -> list[str]:
        """What the services themselves say of calls that they refused or failed, by process."""
        found = []
        for path in sorted(self.home.glob("*.log")):
            lines = path.read_text(errors="replace").splitlines()
            found += [f"{path.stem}: {line}" for line in lines if "rpc refused" in line or "rpc failed" in line]
        return [line for line in found if "draining" not in line]


@asynccontextmanager
async def fleet(home: Path, environment: Mapping[str, str]) -> AsyncIterator[Fleet]:
    """Starts a fleet and ends it.

    Args:
        environment: more for every process, such as `HAMLET_DRAIN_SECONDS`.
    """
    layout = Layout.choose(0)
    settings = MeshSettings(home=home)
    ensure_certificates(settings)
    async with AsyncExitStack() as stack:
        postgres = stack.enter_context(postgres_server())
        told = _told(layout, home, {name: postgres.create(name) for name in WITH_DATABASE}, environment)
        members: dict[str, Member] = {}
        for member in _members(layout, settings, told):
            await stack.enter_async_context(member.running())
            members[member.name] = member
        yield Fleet(home, layout, members)


def _members(layout: Layout, settings: MeshSettings, told: Mapping[str, str]) -> list[Member]:
    receiver = ["mesh.telemetry.receiver", "--listen", f"127.0.0.1:{layout.receiver}"]
    receiver += ["--out", str(settings.home / "traces")]
    members = [Member("traces", receiver, told, lambda: _listens(layout.receiver))]
    for name in SERVICES:
        for number in range(REPLICAS):
            members.append(_replica(name, number, layout, settings, told))
    members.append(Proxy("edge", ["services.cli.edge"], told, lambda: _listens(layout.grpc_door)))
    members.append(Proxy("cache", ["services.cli.cache"], told, lambda: _listens(layout.edge)))
    return members


def _replica(name: str, number: int, layout: Layout, settings: MeshSettings, told: Mapping[str, str]) -> Replica:
    address = _addresses(layout, name)[number]
    own = {
        **told,
        f"HAMLET_{name.upper()}_LISTEN": address,
        f"HAMLET_{name.upper()}_METRICS_LISTEN": f"127.0.0.1:{layout.metrics[name] + number}",
    }

    async def ready() -> bool:
        if not await _listens(int(address.rpartition(":")[2])):
            return False
        async with operator_channel(settings, name, f"ipv4:{address}") as channel:
            return await serves(channel)

    return Replica(f"{name}-{number + 1}", [f"services.{name}"], own, ready)


def _told(layout: Layout, home: Path, databases: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("HAMLET_", "OTEL_"))}
    return {
        **inherited,
        "HAMLET_HOME": str(home),
        "HAMLET_EDGE_LISTEN": f"127.0.0.1:{layout.edge}",
        "HAMLET_EDGE_GRPC_LISTEN": f"127.0.0.1:{layout.grpc_door}",
        "HAMLET_EDGE_ADMIN_LISTEN": f"127.0.0.1:{layout.edge_admin}",
        "HAMLET_EDGE_SAMPLING_PERCENT": "1",
        "HAMLET_EDGE_TRUSTED_HOPS": "1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{layout.receiver}",
        "PYTHONUNBUFFERED": "1",
        **{f"HAMLET_{name.upper()}_TARGET": f"ipv4:{','.join(_addresses(layout, name))}" for name in SERVICES},
        **{f"HAMLET_{name.upper()}_DATABASE_URL": url for name, url in databases.items()},
        **environment,
    }


def _addresses(layout: Layout, name: str) -> list[str]:
    """The second replica listens a hundred ports above the first."""
    return [f"127.0.0.1:{layout.grpc[name] + 100 * number}" for number in range(REPLICAS)]


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
