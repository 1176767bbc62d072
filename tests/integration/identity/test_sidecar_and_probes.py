"""Services as the chart runs them: probes without a certificate, and a sidecar that vouches for callers."""

from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from hamlet.blog.v1.post_reading_service_pb2_grpc import PostReadingServiceStub

from mesh.assembly import Workload
from mesh.identity.sidecar import Sidecar
from mesh.probes import LIVE
from mesh.process import Serving, serving
from mesh.telemetry import setup
from mesh.testing.service import TestMesh
from tests.integration.mesh.hops import POST, Reader, serves

PATTERN = "hamlet-{workload}.hamlet.serviceaccount.identity.linkerd.cluster.local"
SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


def workload(mesh: TestMesh, *, sidecar: bool) -> Workload:
    changes = {"sidecar": Sidecar.LINKERD, "sidecar_identity": PATTERN} if sidecar else {}
    settings = mesh.settings.model_copy(update=changes)
    return Workload("blog", settings, setup("blog", environment={}), None if sidecar else mesh.certificates("blog"))


async def asked(port: int, service: str) -> health_pb2.HealthCheckResponse.ServingStatus:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        request = health_pb2.HealthCheckRequest(service=service)
        return (await health_pb2_grpc.HealthStub(channel).Check(request, timeout=5)).status


async def test_probes_are_answered_without_a_certificate_and_nothing_else_is(tmp_path: Path) -> None:
    mesh = TestMesh.create(tmp_path)
    application = serves(lambda _runtime: Reader())
    async with serving(
        workload(mesh, sidecar=False), application, "127.0.0.1:0", keys=mesh.keys(), health_listen="127.0.0.1:0"
    ) as up:
        assert await asked(up.health_port, "") == SERVING
        assert await asked(up.health_port, LIVE) == SERVING
        await up.server.health.enter_graceful_shutdown()
        assert await asked(up.health_port, "") == NOT_SERVING
        assert await asked(up.health_port, LIVE) == SERVING, "a process that drains is not to be restarted"
        async with grpc.aio.insecure_channel(f"127.0.0.1:{up.health_port}") as channel:
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await PostReadingServiceStub(channel).GetPost(POST, timeout=5)
            assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED


async def test_the_caller_is_whom_the_sidecar_vouches_for(tmp_path: Path) -> None:
    mesh = TestMesh.create(tmp_path)
    async with serving(
        workload(mesh, sidecar=True), serves(lambda _runtime: Reader()), "127.0.0.1:0", keys=mesh.keys()
    ) as up:
        assert await _status(up, PATTERN.replace("{workload}", "edge")) == grpc.StatusCode.OK
        for claim in ("", "edge", PATTERN.replace("{workload}", "edge").replace("hamlet.service", "other.service")):
            assert await _status(up, claim) == grpc.StatusCode.PERMISSION_DENIED


async def _status(up: Serving, claim: str) -> grpc.StatusCode:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{up.port}") as channel:
        metadata = (("l5d-client-id", claim),) if claim else ()
        call = PostReadingServiceStub(channel).GetPost(POST, timeout=5, metadata=metadata)
        return await call.code()
