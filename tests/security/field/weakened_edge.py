"""The real edge, whose rendered configuration is changed before Envoy reads it."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from mesh.edge import EdgeSettings, EnvoyProcess, Village, write_configuration
from mesh.edge.doors import GRPC, REST
from mesh.edge.typed import Config

__all__ = ["WeakenedEdge", "weakened_edge"]


@dataclass(frozen=True, slots=True)
class WeakenedEdge:
    """A running edge.

    Attributes:
        ports: by door, `rest` and `grpc`.
    """

    pid: int
    ports: dict[str, int]


@asynccontextmanager
async def weakened_edge(
    village: Village, folder: Path, change: Callable[[Config], None] | None
) -> AsyncIterator[WeakenedEdge]:
    """Runs Envoy, with no cache in front, until the block ends; `change` None runs it as shipped."""
    settings = EdgeSettings(listen="127.0.0.1:0", grpc_listen="127.0.0.1:0", admin_listen="127.0.0.1:0", cache=False)
    bootstrap = write_configuration(village, settings, folder)
    if change is not None:
        config = json.loads(bootstrap.read_text())
        change(config)
        bootstrap.write_text(json.dumps(config))
    with (folder / "envoy.log").open("wb") as output:
        process = EnvoyProcess(bootstrap, settings, log_output=output.fileno())
        await process.start()
        try:
            yield WeakenedEdge(
                process.pid, {"rest": await process.admin.port(REST), "grpc": await process.admin.port(GRPC)}
            )
        finally:
            await process.stop(grace=1.0)
