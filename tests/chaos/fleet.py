"""A village with two replicas of each service on a real PostgreSQL, and both proxies, as real processes."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from mesh.settings import MeshSettings
from mesh.testing.postgres import postgres_server
from services.cli.certs import ensure_certificates
from services.cli.layout import SERVICES, Layout
from tests.chaos.launches import answers, inherited, listens, service_launch
from tests.chaos.member import Launch, Member, Proxy, Replica

__all__ = ["Fleet", "fleet"]

REPLICAS = 2
PLACES = REPLICAS + 1
"""Where a service's replicas may listen: one is free for a successor. All are in the target of its callers."""

WITH_DATABASE = ("account", "blog", "comment")


class Fleet:
    """The processes by name: `blog-1`, `blog-2`, ..., `traces`, `edge`, `cache`."""

    def __init__(self, home: Path, layout: Layout, target: Mapping[str, str], members: Mapping[str, Member]) -> None:
        self.home, self.layout, self.target, self.members = home, layout, target, members

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
    layouts = _layouts()
    layout = layouts[0]
    places = {name: [f"127.0.0.1:{each.grpc[name]}" for each in layouts] for name in SERVICES}
    target = {name: f"ipv4:{','.join(addresses)}" for name, addresses in places.items()}
    settings = MeshSettings(home=home)
    ensure_certificates(settings)
    async with AsyncExitStack() as stack:
        postgres = stack.enter_context(postgres_server())
        databases = {name: postgres.create(name) for name in WITH_DATABASE}
        told = {**_told(layout, home, target, databases), **environment}
        members: dict[str, Member] = {}
        for member in _members(layout, places, settings, told):
            await stack.enter_async_context(member.running())
            members[member.name] = member
        yield Fleet(home, layout, target, members)


def _layouts() -> list[Layout]:
    """One for each place, without a port in common."""
    while True:
        layouts = [Layout.choose(0) for _ in range(PLACES)]
        ports = [port for layout in layouts for port in layout.grpc.values()]
        if len({*ports, layouts[0].edge, layouts[0].grpc_door, layouts[0].receiver}) == len(ports) + 3:
            return layouts


def _members(
    layout: Layout, places: Mapping[str, Sequence[str]], settings: MeshSettings, told: Mapping[str, str]
) -> list[Member]:
    receiver = ["mesh.telemetry.receiver", "--listen", f"127.0.0.1:{layout.receiver}"]
    receiver += ["--out", str(settings.home / "traces")]
    members = [Member("traces", Launch(receiver, told, lambda: listens(layout.receiver)))]
    for name, addresses in places.items():
        launches = [service_launch(name, address, settings, told) for address in addresses]
        successors = launches[REPLICAS:]
        members += [Replica(f"{name}-{n + 1}", launches[n], successors) for n in range(REPLICAS)]
    members.append(Proxy("edge", Launch(["services.cli.edge"], told, lambda: listens(layout.grpc_door))))
    members.append(Proxy("cache", Launch(["services.cli.cache"], told, lambda: answers(layout.edge))))
    return members


def _told(layout: Layout, home: Path, target: Mapping[str, str], databases: Mapping[str, str]) -> dict[str, str]:
    return {
        **inherited(),
        "HAMLET_HOME": str(home),
        "HAMLET_EDGE_LISTEN": f"127.0.0.1:{layout.edge}",
        "HAMLET_EDGE_GRPC_LISTEN": f"127.0.0.1:{layout.grpc_door}",
        "HAMLET_EDGE_ADMIN_LISTEN": f"127.0.0.1:{layout.edge_admin}",
        "HAMLET_EDGE_CACHE_METRICS_LISTEN": "127.0.0.1:0",
        "HAMLET_EDGE_SAMPLING_PERCENT": "1",
        "HAMLET_EDGE_TRUSTED_HOPS": "1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{layout.receiver}",
        "PYTHONUNBUFFERED": "1",
        **{f"HAMLET_{name.upper()}_TARGET": where for name, where in target.items()},
        **{f"HAMLET_{name.upper()}_DATABASE_URL": url for name, url in databases.items()},
    }
