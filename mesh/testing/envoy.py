"""A real Envoy on free ports, in front of servers that a test has started."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from mesh.edge import EdgeSettings, EnvoyProcess, Village, write_configuration
from mesh.edge.doors import GRPC, REST, REST_SOCKET

__all__ = ["RunningEdge", "running_edge"]


@dataclass(frozen=True, slots=True)
class RunningEdge:
    """Where the edge answers.

    Attributes:
        port: of the REST listener, which speaks every protocol; 0 when it is on the socket.
        grpc_port: of the gRPC door.
        socket: the REST listener's when it stands behind a cache.
        log: what Envoy wrote.
    """

    port: int
    grpc_port: int
    socket: Path
    process: EnvoyProcess
    log: Path

    @property
    def url(self) -> str:
        return f"http://{self.target}"

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def grpc_target(self) -> str:
        return f"127.0.0.1:{self.grpc_port}"


@asynccontextmanager
async def running_edge(
    village: Village,
    folder: Path,
    settings: EdgeSettings | None = None,
    *,
    issuer: str = "hamlet",
    audience: str = "hamlet",
    collector: str | None = None,
    behind_cache: bool = False,
) -> AsyncIterator[RunningEdge]:
    """Runs Envoy until the block ends, on free ports of the loopback where `settings` name none.

    Args:
        behind_cache: REST is on `RunningEdge.socket`, and whoever speaks there is believed to be the cache.
    """
    settings = settings or EdgeSettings()
    free = {name: "127.0.0.1:0" for name in ("listen", "grpc_listen") if name not in settings.model_fields_set}
    settings = settings.model_copy(update={**free, "cache": behind_cache})
    bootstrap = write_configuration(village, settings, folder, issuer=issuer, audience=audience, collector=collector)
    log = folder / "envoy.log"
    with log.open("wb") as output:
        process = EnvoyProcess(bootstrap, settings, log_output=output.fileno())
        try:
            await process.start()
            port = 0 if behind_cache else await process.admin.port(REST)
            grpc_port = await process.admin.port(GRPC)
        except Exception as error:
            error.add_note(log.read_text()[-4000:])
            raise
        try:
            yield RunningEdge(port, grpc_port, folder / REST_SOCKET, process, log)
        finally:
            await process.stop(grace=1.0)
