"""A service and the edge in front of it, as shipped or with one defence less, and an honest client at each door."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
from hamlet.blog.v1.post_reading_service_pb2 import GetPostRequest
from hamlet.blog.v1.post_reading_service_pb2_grpc import PostReadingServiceStub

from mesh.edge import EdgeService, Identity, Upstream, Village
from mesh.identity.credentials import CertificateFiles, channel_credentials, server_name
from mesh.testing.service import TestMesh
from tests.security.attacks.door import Door
from tests.security.field.rest_client import RestClient
from tests.security.field.service import NAME, SERVICES
from tests.security.field.victim import PATIENCE_SECONDS, Probe
from tests.security.field.weakened_edge import weakened_edge
from tests.security.field.weakening import Weakening

__all__ = ["Battlefield", "battlefield"]

ROOT = Path(__file__).resolve().parents[3]
_POST = "0190b6a5-7c00-7000-8000-00000000dead"
_ATTACKER = "comment"


@dataclass(frozen=True, slots=True)
class Battlefield:
    """What stands to be attacked.

    Attributes:
        door: where the attacker knocks.
        pid: the process whose memory is watched.
        probe: one call of an honest client through the same door.
    """

    door: Door
    pid: int
    probe: Probe


@asynccontextmanager
async def battlefield(
    door: str, folder: Path, weakening: Weakening | None, patience: float = PATIENCE_SECONDS
) -> AsyncIterator[Battlefield]:
    """Starts what is needed for a door: `service`, `grpc` or `rest`.

    Args:
        patience: seconds that an honest call may take.
    """
    mesh = TestMesh.create(folder / "mesh")
    for workload in (NAME, _ATTACKER, "edge"):
        mesh.certificates(workload)
    options = weakening.options if weakening else {}
    async with AsyncExitStack() as stack:
        service, port = await stack.enter_async_context(_service(mesh, options))
        if door == "service":
            files = mesh.certificates(_ATTACKER)
            name = server_name(NAME, mesh.settings.trust_domain)
            probe = await stack.enter_async_context(_grpc_probe(port, patience, mesh.certificates("edge"), name))
            yield Battlefield(Door(port, str(files.folder.absolute()), name), service, probe)
            return
        edge = await stack.enter_async_context(
            weakened_edge(_village(mesh, port), folder / "edge", weakening.edge if weakening else None)
        )
        knock = edge.ports[door]
        probe = await stack.enter_async_context(
            _rest_probe(knock, patience) if door == "rest" else _grpc_probe(knock, patience)
        )
        yield Battlefield(Door(knock), edge.pid if not options else service, probe)


@asynccontextmanager
async def _service(mesh: TestMesh, options: dict[str, int]) -> AsyncIterator[tuple[int, int]]:
    """The service's process id and port."""
    told = json.dumps({"home": str(mesh.folder.absolute()), "options": options})
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


@asynccontextmanager
async def _grpc_probe(
    port: int, patience: float, files: CertificateFiles | None = None, name: str = ""
) -> AsyncIterator[Probe]:
    target = f"127.0.0.1:{port}"
    if files is None:
        channel = grpc.aio.insecure_channel(target)
    else:
        options = [("grpc.ssl_target_name_override", name)]
        channel = grpc.aio.secure_channel(target, channel_credentials(files), options=options)
    async with channel:
        get_post = PostReadingServiceStub(channel).GetPost

        async def probe() -> None:
            await get_post(GetPostRequest(post_id=_POST), timeout=patience)

        yield probe


@asynccontextmanager
async def _rest_probe(port: int, patience: float) -> AsyncIterator[Probe]:
    """Two connections, as a browser has several: one that is slow does not hold up the next call."""
    client = RestClient(port, connections=2)

    async def probe() -> None:
        async with asyncio.timeout(patience):
            await client.get(f"/v1/posts/{_POST}")

    try:
        yield probe
    finally:
        client.close()
