"""Who is nobody's workload gets no connection, and certificates change while everybody works."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
import structlog
import time_machine
from hamlet.blog.v1.post_reading_service_pb2_grpc import PostReadingServiceStub

from mesh.channel import MeshChannel
from mesh.identity.authority import Authority
from mesh.identity.credentials import CertificateFiles, channel_credentials
from mesh.testing.service import ServiceUnderTest, TestMesh, serving
from tests.integration.mesh.hops import POST, Reader, serves

DOMAIN = "hamlet.internal"
NAME = f"blog.{DOMAIN}"


@pytest.fixture
async def blog(tmp_path: Path) -> AsyncIterator[ServiceUnderTest]:
    async with serving(serves(lambda _: Reader()), "blog", mesh=TestMesh.create(tmp_path / "mesh")) as service:
        yield service


async def ask(
    service: ServiceUnderTest, credentials: grpc.ChannelCredentials | None, name: str = NAME
) -> grpc.StatusCode:
    target, options = f"127.0.0.1:{service.port}", [("grpc.ssl_target_name_override", name)]
    channel = (
        grpc.aio.insecure_channel(target)
        if credentials is None
        else grpc.aio.secure_channel(target, credentials, options=options)
    )
    async with channel:
        try:
            await PostReadingServiceStub(channel).GetPost(POST, timeout=3)
        except grpc.aio.AioRpcError as error:
            return error.code()
    return grpc.StatusCode.OK


def issued(folder: Path, workload: str = "edge", domain: str = DOMAIN, life: timedelta = timedelta(hours=1)) -> Path:
    return Authority.open_or_create(folder).issue(workload, domain, life)


async def test_a_workload_of_ours_is_served(blog: ServiceUnderTest) -> None:
    assert await ask(blog, channel_credentials(blog.mesh.certificates("edge"))) is grpc.StatusCode.OK


async def test_without_tls_or_without_a_certificate_there_is_no_connection(blog: ServiceUnderTest) -> None:
    authority = blog.mesh.certificates("edge").load().authority
    assert await ask(blog, None) is grpc.StatusCode.UNAVAILABLE
    assert await ask(blog, grpc.ssl_channel_credentials(authority)) is grpc.StatusCode.UNAVAILABLE


async def test_a_certificate_of_somebody_else_s_authority_is_refused(blog: ServiceUnderTest, tmp_path: Path) -> None:
    foreign = CertificateFiles(issued(tmp_path / "foreign")).load()
    ours = blog.mesh.certificates("edge").load().authority
    credentials = grpc.ssl_channel_credentials(ours, foreign.key, foreign.certificate)
    assert await ask(blog, credentials) is grpc.StatusCode.UNAVAILABLE


async def test_a_certificate_that_has_expired_is_refused(blog: ServiceUnderTest) -> None:
    folder = issued(blog.mesh.settings.certificates, "late", life=timedelta(seconds=-60))
    assert await ask(blog, channel_credentials(CertificateFiles(folder))) is grpc.StatusCode.UNAVAILABLE


async def test_a_certificate_whose_time_has_not_come_is_refused(blog: ServiceUnderTest) -> None:
    with time_machine.travel(timedelta(days=2)):
        folder = issued(blog.mesh.settings.certificates, "early")
    assert await ask(blog, channel_credentials(CertificateFiles(folder))) is grpc.StatusCode.UNAVAILABLE


async def test_a_server_whose_certificate_has_expired_is_not_believed(tmp_path: Path) -> None:
    mesh = TestMesh.create(tmp_path / "mesh")
    issued(mesh.settings.certificates, "blog", life=timedelta(seconds=-60))
    async with serving(serves(lambda _: Reader()), "blog", mesh=mesh) as late:
        assert await ask(late, channel_credentials(mesh.certificates("edge"))) is grpc.StatusCode.UNAVAILABLE
        issued(mesh.settings.certificates, "blog")
        assert await ask(late, channel_credentials(mesh.certificates("edge"))) is grpc.StatusCode.OK, "renewed"


async def test_a_service_cannot_pose_as_another(blog: ServiceUnderTest) -> None:
    credentials = channel_credentials(blog.mesh.certificates("edge"))
    assert await ask(blog, credentials, name=f"account.{DOMAIN}") is grpc.StatusCode.UNAVAILABLE


async def test_a_certificate_of_another_trust_domain_is_no_workload_s(blog: ServiceUnderTest) -> None:
    folder = issued(blog.mesh.settings.certificates, "guest", domain="elsewhere.example")
    options = [("grpc.ssl_target_name_override", NAME)]
    credentials = channel_credentials(CertificateFiles(folder))
    async with grpc.aio.secure_channel(f"127.0.0.1:{blog.port}", credentials, options=options) as channel:
        servers: Any = channel.unary_unary("/grpc.channelz.v1.Channelz/GetServers")
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await servers(b"")
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


def remove(path: Path) -> None:
    path.unlink()


def make_unreadable(path: Path) -> None:
    """For root too, who may read everything but a folder."""
    path.unlink()
    path.mkdir()


def spoil(path: Path) -> None:
    path.write_text("no certificate")


@pytest.mark.parametrize(
    ("name", "harm", "said"),
    [
        ("tls.crt", remove, "FileNotFoundError"),
        ("tls.key", make_unreadable, "IsADirectoryError"),
        ("tls.crt", spoil, "ValueError"),
    ],
)
async def test_a_caller_whose_files_are_gone_or_wrong_meanwhile_calls_on_as_who_it_was(
    blog: ServiceUnderTest, name: str, harm: Callable[[Path], None], said: str
) -> None:
    files, opened = blog.mesh.certificates("edge"), 0

    def credentials() -> grpc.ChannelCredentials:
        nonlocal opened
        result = channel_credentials(files)
        opened += 1
        return result

    options: Any = {"credentials": credentials, "server_name": NAME, "fingerprint": files.fingerprint}
    async with MeshChannel(blog.target, interceptors=[], **options) as channel:
        stub = PostReadingServiceStub(channel)
        await stub.GetPost(POST, timeout=10)
        kept = {path.name: path.read_bytes() for path in files.folder.iterdir()}
        harm(files.folder / name)
        with structlog.testing.capture_logs() as logs:
            for _ in range(3):
                await stub.GetPost(POST, timeout=10)
        assert [entry["error_type"] for entry in logs] == [said], "once, and not with every call"
        shutil.rmtree(files.folder)
        files.folder.mkdir()
        for each, content in kept.items():
            (files.folder / each).write_bytes(content)
        await stub.GetPost(POST, timeout=10)
        assert opened == 2, "what can be read again is used"


@pytest.mark.slow
async def test_certificates_and_their_authority_change_under_load_without_a_failed_call(
    blog: ServiceUnderTest,
) -> None:
    channel = blog.channel(workload="edge")
    stub, certificates = PostReadingServiceStub(channel), blog.mesh.settings.certificates
    before = (certificates / "blog" / "tls.crt").read_bytes()
    made, failures, rotating = 0, list[grpc.aio.AioRpcError](), asyncio.Event()

    async def work() -> None:
        nonlocal made
        while made < 2_000 or rotating.is_set():
            made += 1
            try:
                await stub.GetPost(POST, timeout=10)
            except grpc.aio.AioRpcError as error:
                failures.append(error)

    async def rotate() -> None:
        rotating.set()
        for round_ in range(4):
            authority = Authority.open_or_create(certificates)
            if round_ % 2:
                authority = authority.rotate()
            for workload in ("blog", "edge"):
                await asyncio.to_thread(authority.issue, workload, DOMAIN)
            goal = made + 200
            while made < goal:
                await asyncio.sleep(0.005)
        rotating.clear()

    await asyncio.gather(*(work() for _ in range(20)), rotate())
    assert failures == []
    assert (certificates / "blog" / "tls.crt").read_bytes() != before
