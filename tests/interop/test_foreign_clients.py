"""Clients that are not ours call a service unmodified, over mTLS, by reflection."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_requests import Client
from yagrc.reflector import GrpcReflectionClient

from mesh.testing.service import ServiceUnderTest, serving
from services.spam.app import spam

BUF = Path(sys.executable).parent / "buf"
NAME = "spam.hamlet.internal"
SERVICE = "hamlet.spam.v1.SpamService"
TEXT = {"comment": {"text": "Buy cheap viagra http://pills.example.com", "author_name": "Pills"}}
pytestmark = pytest.mark.slow


@pytest.fixture
async def service() -> AsyncIterator[ServiceUnderTest]:
    async with serving(spam, "spam") as running:
        yield running


def buf_curl(service: ServiceUnderTest, *arguments: str) -> str:
    folder = service.mesh.certificates("operator").folder
    identity: list[str | Path] = [
        "--cacert",
        folder / "ca.crt",
        "--cert",
        folder / "tls.crt",
        "--key",
        folder / "tls.key",
    ]
    command: list[str | Path] = [
        BUF,
        "curl",
        *identity,
        "--servername",
        NAME,
        "--protocol",
        "grpc",
        "--http2-prior-knowledge",
    ]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=True, timeout=60).stdout


def credentials(service: ServiceUnderTest) -> grpc.ChannelCredentials:
    material = service.mesh.certificates("operator").load()
    return grpc.ssl_channel_credentials(material.authority, material.key, material.certificate)


async def test_buf_curl_lists_and_calls_by_reflection(service: ServiceUnderTest) -> None:
    url = f"https://127.0.0.1:{service.port}"
    listed = await asyncio.to_thread(buf_curl, service, "--list-methods", url)
    assert f"{SERVICE}/Classify" in listed.split()
    answer = await asyncio.to_thread(buf_curl, service, "-d", json.dumps(TEXT), f"{url}/{SERVICE}/Classify")
    assert json.loads(answer)["verdict"]["label"] == "LABEL_SPAM"


async def test_grpc_requests_calls_by_reflection(service: ServiceUnderTest) -> None:
    def ask() -> Any:
        client = Client(
            f"127.0.0.1:{service.port}",
            ssl=True,
            credentials={
                "root_certificates": service.mesh.certificates("operator").load().authority,
                "private_key": service.mesh.certificates("operator").load().key,
                "certificate_chain": service.mesh.certificates("operator").load().certificate,
            },
            channel_options=[("grpc.ssl_target_name_override", NAME)],
        )
        assert SERVICE in client.service_names
        return client.request(SERVICE, "Classify", TEXT)

    assert (await asyncio.to_thread(ask))["verdict"]["label"] == "LABEL_SPAM"


async def test_yagrc_finds_messages_and_stubs_by_reflection(service: ServiceUnderTest) -> None:
    def ask() -> Any:
        options = [("grpc.ssl_target_name_override", NAME)]
        with grpc.secure_channel(f"127.0.0.1:{service.port}", credentials(service), options) as channel:
            reflector = GrpcReflectionClient()
            reflector.load_protocols(channel, symbols=[SERVICE])
            stub = reflector.service_stub_class(SERVICE)(channel)
            request = reflector.message_class("hamlet.spam.v1.ClassifyRequest")
            comment = reflector.message_class("hamlet.spam.v1.Comment")
            return stub.Classify(request(comment=comment(text=TEXT["comment"]["text"])), timeout=5)

    assert (await asyncio.to_thread(ask)).verdict.model_version


async def test_health_answers_check_list_and_watch(service: ServiceUnderTest) -> None:
    health = health_pb2_grpc.HealthStub(service.channel(workload="operator"))
    assert (await health.Check(health_pb2.HealthCheckRequest(service=SERVICE))).status == 1
    listed = await health.List(health_pb2.HealthListRequest())
    assert {"", SERVICE} <= set(listed.statuses)
    watch = health.Watch(health_pb2.HealthCheckRequest(service=SERVICE))
    assert (await watch.read()).status == 1
    await service.server.health.set(SERVICE, health_pb2.HealthCheckResponse.NOT_SERVING)
    assert (await watch.read()).status == 2
    watch.cancel()
    with pytest.raises(grpc.aio.AioRpcError) as unknown:
        await health.Check(health_pb2.HealthCheckRequest(service="nobody"))
    assert unknown.value.code() is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize(("workload", "admitted"), [("operator", True), ("edge", False), ("comment", False)])
async def test_channelz_is_for_operators_alone(service: ServiceUnderTest, workload: str, admitted: bool) -> None:
    servers = service.channel(workload=workload).unary_unary("/grpc.channelz.v1.Channelz/GetServers")
    if admitted:
        assert await servers(b"")
        return
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await servers(b"")
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
async def test_both_versions_of_reflection_answer(service: ServiceUnderTest, version: str) -> None:
    info = service.channel(workload="operator").stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo"
    )

    async def requests() -> AsyncIterator[bytes]:
        yield b"\x3a\x01*"  # list_services: "*"

    call = info(requests())
    assert SERVICE.encode() in await call.read()
    call.cancel()
