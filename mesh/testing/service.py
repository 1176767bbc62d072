"""A service as it runs in production, in the test's own process: real mTLS, the whole chain, a free port."""

import os
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import grpc
from joserfc.jwk import OKPKey
from opentelemetry.sdk.trace import SpanProcessor

from mesh.assembly import Workload
from mesh.call import Principal
from mesh.channel import MeshChannel
from mesh.identity.authority import Authority
from mesh.identity.credentials import CertificateFiles, channel_credentials, server_name
from mesh.identity.keyset import StaticKeySet
from mesh.identity.tokens import TokenSigner
from mesh.policy import Role
from mesh.process import serving as serve
from mesh.runtime import Application
from mesh.server import Server
from mesh.settings import MeshSettings
from mesh.telemetry import setup

__all__ = ["ServiceUnderTest", "TestMesh", "person", "serving"]

_KID = "test-key"


def person(account_id: str, role: Role.ValueType = Role.ROLE_READER, name: str = "") -> Principal:
    """A signed-in person."""
    return Principal(account_id=account_id, role=role, name=name)


@dataclass(slots=True)
class TestMesh:
    """An authority and a signing key that exist for a test, and settings that do not wait."""

    __test__ = False

    folder: Path
    settings: MeshSettings
    signer: TokenSigner
    key: OKPKey

    @classmethod
    def create(cls, folder: Path) -> Self:
        settings = MeshSettings(home=folder, drain_seconds=0.0, grace_seconds=1.0)
        key = OKPKey.generate_key("Ed25519", parameters={"kid": _KID})
        signer = TokenSigner(key, _KID, settings.token_issuer, settings.token_audience)
        Authority.open_or_create(settings.certificates)
        return cls(folder, settings, signer, key)

    def certificates(self, workload: str) -> CertificateFiles:
        folder = self.settings.certificates / workload
        if not folder.exists():
            Authority.open_or_create(self.settings.certificates).issue(workload, self.settings.trust_domain)
        return CertificateFiles(folder)

    def key_set(self) -> dict[str, Any]:
        """What access tokens are checked against, as a JWK Set."""
        return {"keys": [{**self.key.as_dict(private=False), "kid": _KID, "crv": "Ed25519"}]}

    def keys(self) -> StaticKeySet:
        return StaticKeySet(self.key_set())

    def token(self, principal: Principal) -> str:
        return self.signer.sign(principal)


@dataclass(slots=True)
class ServiceUnderTest:
    """A service that is up.

    Attributes:
        target: its gRPC target, for the `peers` of another one.
    """

    name: str
    mesh: TestMesh
    server: Server
    port: int
    _channels: list[MeshChannel] = field(default_factory=list)

    @property
    def target(self) -> str:
        return f"ipv4:127.0.0.1:{self.port}"

    def channel(
        self,
        principal: Principal | None = None,
        workload: str = "edge",
        interceptors: Sequence[grpc.aio.ClientInterceptor] = (),
    ) -> MeshChannel:
        """A channel as `workload` has it, for calls on behalf of `principal`. It is closed with the service."""
        files = self.mesh.certificates(workload)
        token = () if principal is None else _with_token(self.mesh.token(principal))
        channel = MeshChannel(
            self.target,
            interceptors=[*token, *interceptors],
            credentials=lambda: channel_credentials(files),
            server_name=server_name(self.name, self.mesh.settings.trust_domain),
            fingerprint=files.fingerprint,
        )
        self._channels.append(channel)
        return channel

    async def close(self) -> None:
        for channel in self._channels:
            await channel.close()


@asynccontextmanager
async def serving(
    application: Application,
    name: str,
    *,
    peers: Mapping[str, str] | None = None,
    mesh: TestMesh | None = None,
    environment: Mapping[str, str] | None = None,
    processors: Sequence[SpanProcessor] = (),
) -> AsyncIterator[ServiceUnderTest]:
    """Runs `application` on a free port until the block ends.

    Args:
        peers: gRPC targets of the services it calls, by name.
        mesh: shared by services that talk to each other; a new one without it.
        environment: HAMLET_* variables that the service reads while it starts. HAMLET_HOME is a fresh folder.
    """
    with tempfile.TemporaryDirectory() as folder:
        mesh = mesh or TestMesh.create(Path(folder))
        telemetry = setup(name, environment={}, processors=processors)
        workload = Workload(name, mesh.settings, telemetry, mesh.certificates(name), dict(peers or {}))
        with _environment({"HAMLET_HOME": str(Path(folder) / "home"), **(environment or {})}):
            async with serve(workload, application, "127.0.0.1:0", keys=mesh.keys()) as up:
                service = ServiceUnderTest(name, mesh, up.server, up.port)
                try:
                    yield service
                finally:
                    await service.close()
        telemetry.shutdown()


class _environment:  # noqa: N801 - reads as a statement
    def __init__(self, changes: Mapping[str, str]) -> None:
        self._changes = changes
        self._before: dict[str, str | None] = {}

    def __enter__(self) -> None:
        for name, value in self._changes.items():
            self._before[name] = os.environ.get(name)
            os.environ[name] = value

    def __exit__(self, *_: object) -> None:
        for name, before in self._before.items():
            if before is None:
                del os.environ[name]
            else:
                os.environ[name] = before


def _with_token(token: str) -> list[grpc.aio.ClientInterceptor]:
    async def add(continuation: Any, details: Any, request: Any) -> Any:
        metadata = grpc.aio.Metadata(*tuple(details.metadata or ()))
        metadata.add("authorization", f"Bearer {token}")
        return await continuation(details._replace(metadata=metadata), request)

    class UnaryUnary(grpc.aio.UnaryUnaryClientInterceptor):
        async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
            return await add(continuation, client_call_details, request)

    class UnaryStream(grpc.aio.UnaryStreamClientInterceptor):
        async def intercept_unary_stream(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
            return await add(continuation, client_call_details, request)

    class StreamUnary(grpc.aio.StreamUnaryClientInterceptor):
        async def intercept_stream_unary(
            self, continuation: Any, client_call_details: Any, request_iterator: Any
        ) -> Any:
            return await add(continuation, client_call_details, request_iterator)

    class StreamStream(grpc.aio.StreamStreamClientInterceptor):
        async def intercept_stream_stream(
            self, continuation: Any, client_call_details: Any, request_iterator: Any
        ) -> Any:
            return await add(continuation, client_call_details, request_iterator)

    return [UnaryUnary(), UnaryStream(), StreamUnary(), StreamStream()]
