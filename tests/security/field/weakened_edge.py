"""The real edge, whose rendered configuration is changed before Envoy and nginx read it."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from mesh.edge import EdgeSettings, EnvoyProcess, Village, write_configuration
from mesh.edge.cache import cached_routes
from mesh.edge.cache.render import render
from mesh.edge.doors import GRPC, REST
from mesh.edge.exposure import public_methods
from mesh.testing.cache import running_cache
from tests.security.field.weakening import Weakening

__all__ = ["WeakenedEdge", "weakened_edge"]


@dataclass(frozen=True, slots=True)
class WeakenedEdge:
    """A running edge.

    Attributes:
        pids: the processes behind each door.
        ports: of each door.
    """

    pids: dict[str, tuple[int, ...]]
    ports: dict[str, int]


@asynccontextmanager
async def weakened_edge(
    village: Village, folder: Path, weakening: Weakening, *, cached: bool
) -> AsyncIterator[WeakenedEdge]:
    """Runs Envoy, with nginx in front of its REST door if it is `cached`, until the block ends."""
    settings = EdgeSettings(listen="127.0.0.1:0", grpc_listen="127.0.0.1:0", admin_listen="127.0.0.1:0", cache=cached)
    bootstrap = write_configuration(village, settings, folder)
    config = json.loads(bootstrap.read_text())
    weakening.edge(config)
    bootstrap.write_text(json.dumps(config))
    with (folder / "envoy.log").open("wb") as output:
        envoy = EnvoyProcess(bootstrap, settings, log_output=output.fileno())
        await envoy.start()
        try:
            async with AsyncExitStack() as stack:
                ports = {"grpc": await envoy.admin.port(GRPC)}
                pids: dict[str, tuple[int, ...]] = {"grpc": (envoy.pid,)}
                if cached:
                    stack.enter_context(mock.patch("mesh.edge.cache.process.render", _rendered(weakening)))
                    routes = cached_routes(public_methods(village.services))
                    nginx = await stack.enter_async_context(running_cache(routes, folder, settings))
                    ports["rest"] = int(nginx.address.rpartition(":")[2])
                    pids["rest"] = (nginx.pid, envoy.pid)
                else:
                    ports["uncached"], pids["uncached"] = await envoy.admin.port(REST), (envoy.pid,)
                yield WeakenedEdge(pids, ports)
        finally:
            await envoy.stop(grace=1.0)


def _rendered(weakening: Weakening) -> Any:
    def rendered(*told: Any) -> str:
        return weakening.cache(render(*told))

    return rendered
