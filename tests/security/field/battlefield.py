"""A service and the edge in front of it, as shipped or with one defence less, and an honest client at each door."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from mesh.edge import EdgeService, Identity, Upstream, Village
from mesh.identity.credentials import server_name
from mesh.testing.service import TestMesh
from tests.security.attacks.door import Door
from tests.security.field.probe import grpc_probe, mesh_probe, rest_probe
from tests.security.field.service import NAME, SERVICES
from tests.security.field.victim import PATIENCE_SECONDS, Probe
from tests.security.field.weakened_edge import weakened_edge
from tests.security.field.weakening import SHIPPED, Weakening

__all__ = ["Battlefield", "battlefield"]

ROOT = Path(__file__).resolve().parents[3]
_INSIDER = "comment"


@dataclass(frozen=True, slots=True)
class Battlefield:
    """What stands to be attacked.

    Attributes:
        door: where the attacker knocks.
        pids: the processes whose memory is watched.
        probe: one call of an honest client through the same door.
    """

    door: Door
    pids: tuple[int, ...]
    probe: Probe


@asynccontextmanager
async def battlefield(
    door: str, folder: Path, weakening: Weakening = SHIPPED, patience: float = PATIENCE_SECONDS
) -> AsyncIterator[Battlefield]:
    """Starts what is needed for a door of `attacks.arsenal.Attack`.

    Args:
        patience: seconds that an honest call may take.
    """
    mesh = TestMesh.create(folder / "mesh")
    for workload in (NAME, _INSIDER, "edge"):
        mesh.certificates(workload)
    async with AsyncExitStack() as stack:
        service, port = await stack.enter_async_context(_service(mesh, weakening))
        if door in _INSIDE:
            probe = await stack.enter_async_context(mesh_probe(port, patience, mesh, NAME))
            yield Battlefield(_INSIDE[door](mesh, port), (service,), probe)
            return
        edge = await stack.enter_async_context(
            weakened_edge(_village(mesh, port), folder / "edge", weakening, cached=door != "uncached")
        )
        knock, call = edge.ports[door], grpc_probe if door == "grpc" else rest_probe
        probe = await stack.enter_async_context(call(knock, patience))
        yield Battlefield(Door(knock), (service,) if weakening.options else edge.pids[door], probe)


def _neighbour(mesh: TestMesh, port: int) -> Door:
    """Has what anybody can make, and the certificate of a workload that the contract does not admit everywhere."""
    stranger = TestMesh.create(mesh.folder.with_name("stranger"))
    return Door(
        port,
        tls=True,
        foreign=str(stranger.certificates("edge").folder.absolute()),
        unadmitted=str(mesh.certificates(_INSIDER).folder.absolute()),
        server_name=server_name(NAME, mesh.settings.trust_domain),
    )


def _insider(mesh: TestMesh, port: int) -> Door:
    certificates = str(mesh.certificates(_INSIDER).folder.absolute())
    return Door(port, tls=True, certificates=certificates, server_name=server_name(NAME, mesh.settings.trust_domain))


_INSIDE = {"service": _neighbour, "insider": _insider}


@asynccontextmanager
async def _service(mesh: TestMesh, weakening: Weakening) -> AsyncIterator[tuple[int, int]]:
    """The service's process id and port."""
    home = str(mesh.folder.absolute())
    told = json.dumps({"home": home, "options": weakening.options, "lacks": weakening.service_lacks})
    with (mesh.folder / "service.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.security.field.service", told),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.pid, int(await process.stdout.readline())
    finally:
        process.stdin.close()
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _village(mesh: TestMesh, port: int) -> Village:
    return Village(
        services=[EdgeService(service, NAME) for service in SERVICES],
        upstreams=[Upstream(NAME, (f"127.0.0.1:{port}",))],
        key_set_cluster=NAME,
        identity=Identity(mesh.certificates("edge").folder.absolute(), mesh.settings.trust_domain),
    )
