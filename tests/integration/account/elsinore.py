"""The account service between two services that keep data about people, over real channels."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct
from hamlet.account.v1 import account_admin_service_pb2 as admin
from hamlet.account.v1 import account_pb2, personal_data_service_pb2, session_service_pb2
from hamlet.account.v1 import account_service_pb2 as own
from hamlet.account.v1.account_admin_service_pb2_grpc import AccountAdminServiceStub
from hamlet.account.v1.account_service_pb2_grpc import AccountServiceStub
from hamlet.account.v1.personal_data_service_pb2_grpc import PersonalDataServiceServicer
from hamlet.account.v1.session_service_pb2_grpc import SessionServiceStub
from hamlet.mesh.v1.key_set_service_pb2_grpc import KeySetServiceStub

from mesh.call import Principal
from mesh.errors import ErrorReason, HamletError
from mesh.policy import Role
from mesh.runtime import Runtime
from mesh.server import Server
from mesh.status import error_of
from mesh.testing.service import ServiceUnderTest, TestMesh, person, serving
from services.account.app import account
from services.storage.ids import uuid7

if TYPE_CHECKING:
    from hamlet.account.v1.account_admin_service_pb2_grpc import AccountAdminServiceAsyncStub
    from hamlet.account.v1.account_service_pb2_grpc import AccountServiceAsyncStub
    from hamlet.account.v1.session_service_pb2_grpc import SessionServiceAsyncStub
    from hamlet.mesh.v1.key_set_service_pb2_grpc import KeySetServiceAsyncStub

__all__ = ["PASSWORD", "Elsinore", "FakeKeeper", "elsinore", "me", "refusal"]

PASSWORD = "rue for remembrance"
ADMIN = person(uuid7(), Role.ROLE_ADMIN, "Hamlet the elder")
_CHEAP = {
    "HAMLET_ACCOUNT_PASSWORD_MEMORY": "19456",
    "HAMLET_ACCOUNT_PASSWORD_PASSES": "2",
    "HAMLET_ACCOUNT_PASSWORD_LANES": "1",
}


class FakeKeeper(PersonalDataServiceServicer):
    """Keeps `records` about everybody.

    Attributes:
        down: nothing is answered but UNAVAILABLE.
        erased: set when somebody was.
    """

    def __init__(self, kind: str) -> None:
        self.kind, self.records, self.down = kind, 2, False
        self.erasures: list[str] = []
        self.refused = 0
        self.asked, self.erased = asyncio.Event(), asyncio.Event()

    async def ErasePerson(
        self, request: personal_data_service_pb2.ErasePersonRequest, context: Any
    ) -> personal_data_service_pb2.ErasePersonResponse:
        self.asked.set()
        if self.down:
            self.refused += 1
            raise HamletError(ErrorReason.ERROR_REASON_UNAVAILABLE)
        self.erasures.append(request.account_id)
        self.erased.set()
        return personal_data_service_pb2.ErasePersonResponse(records=1)

    async def ExportPerson(
        self, request: personal_data_service_pb2.ExportPersonRequest, context: Any
    ) -> AsyncIterator[personal_data_service_pb2.ExportPersonResponse]:
        if self.down:
            raise HamletError(ErrorReason.ERROR_REASON_UNAVAILABLE)
        for number in range(self.records):
            record = Struct()
            record.update({"of": request.account_id, "number": number})
            yield personal_data_service_pb2.ExportPersonResponse(kind=self.kind, record=record)

    @asynccontextmanager
    async def application(self, _runtime: Runtime, server: Server) -> AsyncIterator[None]:
        server.add_service(personal_data_service_pb2.DESCRIPTOR.services_by_name["PersonalDataService"], self)
        yield


@dataclass(slots=True)
class Elsinore:
    """
    Attributes:
        files: the folder of the account service's database.
    """

    service: ServiceUnderTest
    blog: FakeKeeper
    comment: FakeKeeper
    files: Path
    _channels: dict[tuple[str, str], grpc.aio.Channel] = field(default_factory=dict)

    def accounts(self, who: Principal | None = None) -> "AccountServiceAsyncStub":
        return AccountServiceStub(self._channel(who))

    def sessions(self) -> "SessionServiceAsyncStub":
        return SessionServiceStub(self._channel(None))

    def admin(self, who: Principal | None = ADMIN, workload: str = "edge") -> "AccountAdminServiceAsyncStub":
        return AccountAdminServiceStub(self._channel(who, workload))

    def operator(self) -> "AccountAdminServiceAsyncStub":
        return self.admin(None, "operator")

    def keys(self) -> "KeySetServiceAsyncStub":
        return KeySetServiceStub(self._channel(None))

    async def register(self, username: str, **fields: Any) -> account_pb2.Account:
        given = {"email": f"{username}@elsinore.example", "password": PASSWORD, **fields}
        return await self.accounts().Register(own.RegisterRequest(username=username, **given))

    async def create_admin(self, username: str, **fields: Any) -> account_pb2.Account:
        given = {"email": f"{username}@elsinore.example", "password": PASSWORD, **fields}
        return await self.operator().CreateAdmin(admin.CreateAdminRequest(username=username, **given))

    async def sign_in(self, login: str, password: str = PASSWORD, device_token: str = "") -> account_pb2.Session:
        request = session_service_pb2.SignInRequest(login=login, password=password, device_token=device_token)
        return await self.sessions().SignIn(request)

    async def refresh(self, session: account_pb2.Session) -> account_pb2.Session:
        request = session_service_pb2.RefreshSessionRequest(refresh_token=session.refresh_token)
        return await self.sessions().RefreshSession(request)

    async def export(self, who: Principal, account_id: str = "me") -> list[own.ExportAccountResponse]:
        answers = self.accounts(who).ExportAccount(own.ExportAccountRequest(account_id=account_id))
        return [answer async for answer in answers]

    def _channel(self, who: Principal | None, workload: str = "edge") -> grpc.aio.Channel:
        key = (f"{who}", workload)
        if key not in self._channels:
            self._channels[key] = self.service.channel(who, workload)
        return self._channels[key]


def me(account: account_pb2.Account) -> Principal:
    """Whoever has this account, signed in."""
    return person(account.id, account.role, account.display_name)


async def refusal(work: Awaitable[Any]) -> HamletError:
    """The error that a call is answered with; the test fails if there is none, or none with a reason."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await work
    error = error_of(caught.value)
    assert error is not None, caught.value
    assert caught.value.code() is error.code
    return error


@asynccontextmanager
async def elsinore(folder: Path, environment: Mapping[str, str] | None = None) -> AsyncIterator[Elsinore]:
    """
    Args:
        folder: where the database and the certificates are.
        environment: of the account service.
    """
    blog, comment = FakeKeeper("post"), FakeKeeper("comment")
    mesh, files = TestMesh.create(folder), folder / "database"
    async with AsyncExitStack() as stack:
        serving_blog = await stack.enter_async_context(serving(blog.application, "blog", mesh=mesh))
        serving_comment = await stack.enter_async_context(serving(comment.application, "comment", mesh=mesh))
        peers = {"blog": serving_blog.target, "comment": serving_comment.target}
        url = {"HAMLET_ACCOUNT_DATABASE_URL": f"sqlite:///{files / 'account.db'}"}
        chosen = {**url, **_CHEAP, **(environment or {})}
        service = await stack.enter_async_context(
            serving(account, "account", peers=peers, mesh=mesh, environment=chosen)
        )
        yield Elsinore(service, blog, comment, files)
