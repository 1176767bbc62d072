"""A whole village of scripted services behind a real Envoy: every contract is served, tests say what it answers."""

import base64
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hamlet.account.v1 import (
    account_admin_service_pb2,
    account_service_pb2,
    personal_data_service_pb2,
    session_service_pb2,
)
from hamlet.blog.v1 import post_reading_service_pb2, post_revision_service_pb2, post_service_pb2
from hamlet.comment.v1 import comment_service_pb2, moderation_service_pb2
from hamlet.mesh.v1 import key_set_service_pb2
from hamlet.spam.v1 import spam_service_pb2

from mesh.call import Call, Caller, Interceptor, Proceed
from mesh.edge import EdgeService, EdgeSettings, Upstream, Village
from mesh.errors import HamletError
from mesh.interceptors.cancel_guard import CancelGuard
from mesh.interceptors.deadline import DeadlineInterceptor, LongLivedCalls
from mesh.interceptors.decode import Decode
from mesh.interceptors.errors import ErrorBoundary
from mesh.options import ServerLimits
from mesh.server import Server
from mesh.testing.envoy import RunningEdge, running_edge

CONTRACTS = {
    "account": (
        account_service_pb2,
        account_admin_service_pb2,
        session_service_pb2,
        personal_data_service_pb2,
        key_set_service_pb2,
    ),
    "blog": (post_service_pb2, post_reading_service_pb2, post_revision_service_pb2),
    "comment": (comment_service_pb2, moderation_service_pb2),
    "spam": (spam_service_pb2,),
}
ORIGIN = "https://blog.example"
Answer = Message | HamletError | Callable[[Any, Any], Any] | list[Message]


@dataclass
class Seen:
    """A call as it reached a service."""

    method: str
    request: Any
    metadata: dict[str, str]
    time_remaining: float | None


@dataclass
class Stage:
    """What the scripted services answer, and what they were asked.

    Attributes:
        answers: by the RPC's name; without one it is an empty message, of a server stream two.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)

    def only_call(self) -> Seen:
        assert len(self.seen) == 1, [each.method for each in self.seen]
        return self.seen[0]


class ScriptedServicer:
    """Serves every RPC of a contract as the stage says."""

    def __init__(self, service: ServiceDescriptor, stage: Stage) -> None:
        self._service, self._stage = service, stage

    def __getattr__(self, name: str) -> Callable[[Any, Any], Any]:
        method = self._service.methods_by_name[name]
        empty = GetMessageClass(method.output_type)

        def note(request: Any, context: Any) -> None:
            if name != "GetKeySet":
                metadata = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
                self._stage.seen.append(Seen(name, request, metadata, context.time_remaining()))

        async def unary(request: Any, context: Any) -> Any:
            note(request, context)
            answer = self._stage.answers.get(name) or empty()
            if isinstance(answer, HamletError):
                raise answer
            return await answer(request, context) if callable(answer) else answer

        async def stream(request: Any, context: Any) -> AsyncIterator[Any]:
            note(request, context)
            answer = self._stage.answers.get(name) or [empty(), empty()]
            if isinstance(answer, HamletError):
                raise answer
            if callable(answer):
                async for each in answer(request, context):
                    yield each
                return
            assert isinstance(answer, list)
            for each in answer:
                yield each

        return stream if method.server_streaming else unary


class CalledByTheEdge(Interceptor):
    """Stands for the certificate of the edge, which the tests of mTLS show."""

    name = "identity"

    async def intercept(self, call: Call, proceed: Proceed) -> None:
        call.caller = Caller(workload="edge")
        await proceed(call)


class AdmitAll(Interceptor):
    """The edge alone is under test: the services behind it refuse nobody."""

    name = "authorization"

    async def intercept(self, call: Call, proceed: Proceed) -> None:
        call.ownership_open = False
        await proceed(call)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Keys:
    """The signing keys of the scripted account service."""

    def __init__(self) -> None:
        self.published = {"first": Ed25519PrivateKey.generate()}

    def key_set(self) -> key_set_service_pb2.KeySet:
        result = key_set_service_pb2.KeySet()
        for kid, key in self.published.items():
            raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            result.keys.add(kty="OKP", crv="Ed25519", x=_base64url(raw), kid=kid, use="sig", alg="EdDSA")
        return result

    def token(self, *, kid: str = "first", key: Ed25519PrivateKey | None = None, **claims: Any) -> str:
        """A JWT (RFC 7519) signed with `key`, or with the published one of this `kid`.

        A claim of None is left out.
        """
        now = int(time.time())
        claims = {"iss": "hamlet", "aud": "hamlet", "sub": "ada", "iat": now, "exp": now + 300} | claims
        parts = [{"alg": "EdDSA", "kid": kid}, {name: value for name, value in claims.items() if value is not None}]
        signed = ".".join(_base64url(json.dumps(part).encode()) for part in parts)
        return f"{signed}.{_base64url((key or self.published[kid]).sign(signed.encode()))}"

    def bearer(self, *, key: Ed25519PrivateKey | None = None, **claims: Any) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token(key=key, **claims)}"}


@asynccontextmanager
async def scripted_village(
    stage: Stage,
    keys: Keys,
    credentials: Mapping[str, grpc.ServerCredentials] | None = None,
    limits: ServerLimits | None = None,
) -> AsyncIterator[tuple[Village, dict[str, Server]]]:
    async def key_set(request: Any, context: Any) -> Message:
        return keys.key_set()

    stage.answers["GetKeySet"] = key_set
    servers, upstreams, services = {}, [], []
    async with AsyncExitStack() as stack:
        for name, modules in CONTRACTS.items():
            long_lived = LongLivedCalls()
            chain: list[Interceptor] = [
                ErrorBoundary(),
                CancelGuard(),
                DeadlineInterceptor(long_lived),
                CalledByTheEdge(),
                AdmitAll(),
                Decode(),
            ]
            shown = credentials[name] if credentials else None
            server = Server(interceptors=chain, long_lived=long_lived, credentials=shown, limits=limits)
            for module in modules:
                for descriptor in module.DESCRIPTOR.services_by_name.values():
                    server.add_service(descriptor, ScriptedServicer(descriptor, stage))
                    services.append(EdgeService(descriptor, name))
            port = await server.start("127.0.0.1:0")
            stack.push_async_callback(server.stop, drain_seconds=0, grace_seconds=0.5)
            servers[name] = server
            upstreams.append(Upstream(name, (f"127.0.0.1:{port}",)))
        yield Village(services, upstreams, key_set_cluster="account"), servers


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys()


@pytest.fixture(scope="session")
def session_stage() -> Stage:
    return Stage()


@pytest.fixture
def stage(session_village: Village, session_stage: Stage) -> Iterator[Stage]:
    """The stage, with nothing on it but the keys."""
    session_stage.seen.clear()
    key_set = session_stage.answers["GetKeySet"]
    yield session_stage
    session_stage.answers.clear()
    session_stage.answers["GetKeySet"] = key_set


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def session_village(session_stage: Stage, keys: Keys) -> AsyncIterator[Village]:
    async with scripted_village(session_stage, keys) as (village, _):
        yield village


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def edge(session_village: Village, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningEdge]:
    """One Envoy for all tests that need no other settings."""
    settings = EdgeSettings(allowed_origins=(ORIGIN,), key_set_seconds=1, concurrency=1)
    async with running_edge(session_village, tmp_path_factory.mktemp("edge"), settings) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def rest(edge: RunningEdge, stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    """A REST client. It sends no Accept-Encoding and follows no redirect."""
    async with httpx.AsyncClient(base_url=edge.url, timeout=10) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def channel(edge: RunningEdge, stage: Stage) -> AsyncIterator[grpc.aio.Channel]:
    """A native gRPC channel to the edge's door for it."""
    async with grpc.aio.insecure_channel(edge.grpc_target) as opened:
        yield opened


@pytest.fixture
def scripted() -> Callable[..., Any]:
    """Starts a village of one's own: `async with scripted(stage, keys, credentials, limits) as (village, servers)`."""
    return scripted_village


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "edge"
