"""A cluster with the drill's chart in it, and what the chart expects to find: databases, certificates, a collector."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from mesh.settings import MeshSettings
from mesh.testing.postgres import PostgresServer, postgres_server
from services.account.app import MIGRATIONS as OF_ACCOUNT
from services.blog.app import MIGRATIONS as OF_BLOG
from services.cli.certs import ensure_certificates
from services.cli.layout import WORKLOADS
from services.comment.app import MIGRATIONS as OF_COMMENT
from services.storage.migration import SchemaState, heads, schema_state
from tests.chaos.launches import inherited, listens
from tests.chaos.member import Launch, Member
from tests.chaos.rollout.cluster import Cluster, cluster
from tests.chaos.rollout.release import Release, rendered, undrained
from tests.chaos.rollout.translation import Machine
from tests.chaos.rollout.versions import proves_itself

__all__ = ["Site", "site"]

_MIGRATIONS = {"account": OF_ACCOUNT, "blog": OF_BLOG, "comment": OF_COMMENT}
_TRACES_ADDRESS, _TRACES_PORT = "127.0.0.1", 4317


class Site:
    """
    Attributes:
        settings: of an operator.
        account: the account service's gRPC target.
    """

    account = "dns:///village-hamlet-account:50051"

    def __init__(
        self, home: Path, cluster: Cluster, versions: Mapping[str, Path], postgres: PostgresServer, *, drained: bool
    ) -> None:
        self.settings = MeshSettings(home=home)
        self._cluster, self._versions, self._postgres, self._drained = cluster, versions, postgres, drained

    @property
    def url(self) -> str:
        """Of the front door, as a Service has it."""
        return f"http://{self._cluster.address('edge', 'http')}"

    @property
    def door(self) -> str:
        """`host:port` of native gRPC."""
        return self._cluster.address("edge", "grpc")

    @property
    def accidents(self) -> list[str]:
        return self._cluster.accidents

    def database(self, service: str) -> str:
        return self._postgres.url(service)

    def waiting_migrations(self) -> list[str]:
        """What this version's history has and the databases have not."""
        return [
            f"{name} to {', '.join(heads(folder))}"
            for name, folder in _MIGRATIONS.items()
            if schema_state(self.database(name), folder) == SchemaState.BEHIND
        ]

    async def install(self, version: str) -> None:
        await self._cluster.apply(self._release(version), "pre-install")

    async def upgrade(self, version: str) -> None:
        """As `helm upgrade`."""
        await self._cluster.apply(self._release(version), "pre-upgrade")

    async def roll_back(self, version: str) -> None:
        """As `helm rollback`, whose moment none of the chart's Jobs waits for: the schema stays as it is."""
        await self._cluster.apply(self._release(version), "pre-rollback")

    def _release(self, version: str) -> Release:
        release = rendered(self._versions[version] / "helm" / "hamlet", version)
        return release if self._drained else undrained(release)


@asynccontextmanager
async def site(home: Path, versions: Mapping[str, Path], *, drained: bool) -> AsyncIterator[Site]:
    """A cluster in which nothing of the chart runs yet.

    Args:
        home: a folder for all that is written.
        versions: the code of each version, by its images' tag.
        drained: whether preStop and drain are as the chart has them, or taken out.
    """
    for code in versions.values():
        proves_itself(code)
    ensure_certificates(MeshSettings(home=home))
    async with AsyncExitStack() as stack:
        postgres = stack.enter_context(postgres_server())
        machine = Machine(
            versions=versions,
            values={f"{name}-db-app": {"uri": postgres.create(name)} for name in _MIGRATIONS},
            folders={f"village-hamlet-{each}-tls": home / "certs" / each for each in WORKLOADS},
        )
        running = await stack.enter_async_context(cluster(home, machine))
        await stack.enter_async_context(_collector(home).running())
        running.names.publish("traces", [_TRACES_ADDRESS])
        yield Site(home, running, versions, postgres, drained=drained)


def _collector(home: Path) -> Member:
    command = [
        "mesh.telemetry.receiver",
        "--listen",
        f"{_TRACES_ADDRESS}:{_TRACES_PORT}",
        "--out",
        str(home / "traces"),
    ]
    told = {**inherited(), "HAMLET_HOME": str(home)}
    return Member("traces", Launch(command, told, lambda: listens(_TRACES_PORT)))
