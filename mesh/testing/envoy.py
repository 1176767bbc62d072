"""A real Envoy on free ports, in front of servers that a test has started."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from mesh.edge import EdgeSettings, EnvoyProcess, Village, write_configuration

__all__ = ["RunningEdge", "running_edge"]


@dataclass(frozen=True, slots=True)
class RunningEdge:
    """Where the edge answers: `url` for REST and gRPC-Web, `target` for gRPC; `log` holds what Envoy wrote."""

    port: int
    process: EnvoyProcess
    log: Path

    @property
    def url(self) -> str:
        return f"http://{self.target}"

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self.port}"


@asynccontextmanager
async def running_edge(
    village: Village,
    folder: Path,
    settings: EdgeSettings | None = None,
    *,
    issuer: str = "hamlet",
    audience: str = "hamlet",
    collector: str | None = None,
) -> AsyncIterator[RunningEdge]:
    """Runs Envoy until the block ends. Whatever `settings` say, it listens on a free port of the loopback."""
    settings = (settings or EdgeSettings()).model_copy(update={"listen": "127.0.0.1:0", "admin_listen": "127.0.0.1:0"})
    bootstrap = write_configuration(village, settings, folder, issuer=issuer, audience=audience, collector=collector)
    log = folder / "envoy.log"
    with log.open("wb") as output:
        process = EnvoyProcess(bootstrap, settings, log_output=output.fileno())
        try:
            port = await process.start()
        except Exception as error:
            error.add_note(log.read_text()[-4000:])
            raise
        try:
            yield RunningEdge(port, process, log)
        finally:
            await process.stop(grace=1.0)
