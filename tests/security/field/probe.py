"""One call of an honest client at each door. At the public ones every tenth comes from somebody new, on a connection of
his own; inside the mesh callers keep theirs."""

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import grpc
from hamlet.blog.v1.post_reading_service_pb2 import GetPostRequest
from hamlet.blog.v1.post_reading_service_pb2_grpc import PostReadingServiceStub

from mesh.assembly import Workload
from mesh.telemetry import setup
from mesh.testing.service import TestMesh
from tests.security.field.rest_client import RestClient
from tests.security.field.victim import Probe

__all__ = ["grpc_probe", "mesh_probe", "rest_probe"]

_POST = "0190b6a5-7c00-7000-8000-00000000dead"
_NEWCOMERS = 10
_CALLER = "edge"


@asynccontextmanager
async def mesh_probe(port: int, patience: float, mesh: TestMesh, peer: str) -> AsyncIterator[Probe]:
    """A workload of the mesh that calls a peer as workloads do."""
    files = mesh.certificates(_CALLER)
    telemetry = setup(_CALLER, environment={})
    workload = Workload(_CALLER, mesh.settings, telemetry, files, {peer: f"ipv4:{_target(port)}"})
    async with workload.connect(peer) as channel:

        async def probe() -> None:
            await _get_post(channel, patience)

        yield probe


@asynccontextmanager
async def grpc_probe(port: int, patience: float) -> AsyncIterator[Probe]:
    turns = itertools.count(1)
    # Else a new channel would share the old one's connection.
    own: Sequence[tuple[str, int]] = [("grpc.use_local_subchannel_pool", 1)]
    async with grpc.aio.insecure_channel(_target(port)) as kept:

        async def probe() -> None:
            if next(turns) % _NEWCOMERS:
                await _get_post(kept, patience)
                return
            async with grpc.aio.insecure_channel(_target(port), options=own) as channel:
                await _get_post(channel, patience)

        yield probe


@asynccontextmanager
async def rest_probe(port: int, patience: float) -> AsyncIterator[Probe]:
    """Two connections, as a browser has several: one that is slow does not hold up the next call. Every second call is
    for the post that everybody reads, the others for one that no cache has.
    """
    turns = itertools.count(1)
    kept = RestClient(port, connections=2)

    async def probe() -> None:
        turn = next(turns)
        post = _POST if turn % 2 else str(uuid.uuid4())
        async with asyncio.timeout(patience):
            if turn % _NEWCOMERS:
                await kept.get(f"/v1/posts/{post}")
                return
            client = RestClient(port, connections=1)
            try:
                await client.get(f"/v1/posts/{post}")
            finally:
                client.close()

    try:
        yield probe
    finally:
        kept.close()


async def _get_post(channel: grpc.aio.Channel, patience: float) -> None:
    await PostReadingServiceStub(channel).GetPost(GetPostRequest(post_id=_POST), timeout=patience)


def _target(port: int) -> str:
    return f"127.0.0.1:{port}"
