"""The operator's own way into the mesh: a channel to one service with the workload identity `operator`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from mesh.channel import MeshChannel
from mesh.identity.credentials import CertificateFiles, channel_credentials, server_name
from mesh.interceptors.client.deadline import client_deadlines
from mesh.settings import MeshSettings

__all__ = ["NAME", "operator_channel", "serves"]

NAME = "operator"


@asynccontextmanager
async def operator_channel(settings: MeshSettings, service: str, target: str) -> AsyncIterator[MeshChannel]:
    """A channel to `service` at a gRPC target; a sidecar does TLS where one is set."""
    if settings.sidecar is not None:
        channel = MeshChannel(target, interceptors=client_deadlines())
    else:
        channel = _over_mtls(settings, service, target)
    try:
        yield channel
    finally:
        await channel.close()


def _over_mtls(settings: MeshSettings, service: str, target: str) -> MeshChannel:
    files = CertificateFiles(settings.certificates / NAME)
    return MeshChannel(
        target,
        interceptors=client_deadlines(),
        credentials=lambda: channel_credentials(files),
        server_name=server_name(service, settings.trust_domain),
        fingerprint=files.fingerprint,
    )


async def serves(channel: MeshChannel) -> bool:
    """Whether a service says that it serves."""
    try:
        answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=1.0)
    except grpc.aio.AioRpcError:
        return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
