"""The contracts on the outside, the use cases on the inside."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from google.protobuf.empty_pb2 import Empty
from hamlet.account.v1 import account_admin_service_pb2 as admin
from hamlet.account.v1 import account_pb2, session_service_pb2
from hamlet.account.v1 import account_service_pb2 as own
from hamlet.account.v1.account_admin_service_pb2_grpc import AccountAdminServiceServicer
from hamlet.account.v1.account_service_pb2_grpc import AccountServiceServicer
from hamlet.account.v1.session_service_pb2_grpc import SessionServiceServicer
from hamlet.mesh.v1 import key_set_service_pb2
from hamlet.mesh.v1.key_set_service_pb2_grpc import KeySetServiceServicer

from mesh.call import current
from mesh.fieldmask import changed_fields
from services.account.convert import account_message, key_message, session_message
from services.account.domain.account import Role
from services.account.handlers.administration import Administration
from services.account.handlers.departure import Departure
from services.account.handlers.profile import Profile
from services.account.handlers.registration import Registration
from services.account.handlers.signing_in import SigningIn
from services.account.keyring import KeyRing
from services.storage.paging import page_size, query_fingerprint

__all__ = ["AccountServicer", "AdminServicer", "KeySetServicer", "SessionServicer"]

_CHANGEABLE = frozenset({"email", "display_name", "website"})


@dataclass(frozen=True, slots=True)
class AccountServicer(AccountServiceServicer):
    registration: Registration
    profile: Profile
    departure: Departure

    async def Register(self, request: own.RegisterRequest, context: Any) -> account_pb2.Account:
        return await self.registration.register(current(), request)

    async def GetAccount(self, request: own.GetAccountRequest, context: Any) -> account_pb2.Account:
        return account_message(await self.profile.get(current(), request.account_id))

    async def UpdateAccount(self, request: own.UpdateAccountRequest, context: Any) -> account_pb2.Account:
        sent = request.account
        mask = request.update_mask if request.HasField("update_mask") else None
        changes = {name: str(getattr(sent, name)) for name in changed_fields(mask, sent, _CHANGEABLE)}
        return account_message(await self.profile.update(current(), sent.id or "me", changes, sent.etag))

    async def ChangePassword(self, request: own.ChangePasswordRequest, context: Any) -> account_pb2.Session:
        passwords = (request.current_password, request.new_password)
        return session_message(await self.profile.change_password(current(), request.account_id, *passwords))

    async def DeleteAccount(self, request: own.DeleteAccountRequest, context: Any) -> Empty:
        await self.departure.delete(current(), request.account_id, request.etag)
        return Empty()

    async def ExportAccount(
        self, request: own.ExportAccountRequest, context: Any
    ) -> AsyncIterator[own.ExportAccountResponse]:
        async with aclosing(self.departure.export(current(), request.account_id)) as records:
            async for service, kind, record in records:
                yield own.ExportAccountResponse(service=service, kind=kind, record=record)


@dataclass(frozen=True, slots=True)
class SessionServicer(SessionServiceServicer):
    signing_in: SigningIn

    async def SignIn(self, request: session_service_pb2.SignInRequest, context: Any) -> account_pb2.Session:
        address = current().caller.address
        given = (request.login, request.password, address, request.device_token)
        return session_message(await self.signing_in.sign_in(*given))

    async def RefreshSession(
        self, request: session_service_pb2.RefreshSessionRequest, context: Any
    ) -> account_pb2.Session:
        return session_message(await self.signing_in.refresh(request.refresh_token))

    async def SignOut(self, request: session_service_pb2.SignOutRequest, context: Any) -> Empty:
        await self.signing_in.sign_out(request.refresh_token)
        return Empty()


@dataclass(frozen=True, slots=True)
class AdminServicer(AccountAdminServiceServicer):
    administration: Administration
    registration: Registration
    keyring: KeyRing

    async def ListAccounts(self, request: admin.ListAccountsRequest, context: Any) -> admin.ListAccountsResponse:
        suspended = None if not request.state else request.state == account_pb2.ACCOUNT_STATE_SUSPENDED
        page = await self.administration.page(
            role=Role(request.role) if request.role else None,
            suspended=suspended,
            size=page_size(request.page_size, default=50, at_most=200),
            token=request.page_token,
            query=query_fingerprint(request),
        )
        return admin.ListAccountsResponse(
            accounts=[account_message(account) for account in page.items], next_page_token=page.next_page_token
        )

    async def SetRole(self, request: admin.SetRoleRequest, context: Any) -> account_pb2.Account:
        account_id, role = request.account_id.lower(), Role(request.role)
        return account_message(await self.administration.set_role(account_id, role, request.etag))

    async def SuspendAccount(self, request: admin.SuspendAccountRequest, context: Any) -> account_pb2.Account:
        until = request.until.ToDatetime(tzinfo=UTC) if request.HasField("until") else None
        return account_message(await self.administration.suspend(request.account_id.lower(), until, request.etag))

    async def UnsuspendAccount(self, request: admin.UnsuspendAccountRequest, context: Any) -> account_pb2.Account:
        return account_message(await self.administration.unsuspend(request.account_id.lower(), request.etag))

    async def CreateAdmin(self, request: admin.CreateAdminRequest, context: Any) -> account_pb2.Account:
        return account_message(await self.registration.create_admin(request))

    async def RotateSigningKey(
        self, request: admin.RotateSigningKeyRequest, context: Any
    ) -> admin.RotateSigningKeyResponse:
        made = await self.keyring.rotate()
        answer = admin.RotateSigningKeyResponse(kid=made.kid)
        answer.active_time.FromDatetime(made.active_at)
        return answer


@dataclass(frozen=True, slots=True)
class KeySetServicer(KeySetServiceServicer):
    keyring: KeyRing

    async def GetKeySet(
        self, request: key_set_service_pb2.GetKeySetRequest, context: Any
    ) -> key_set_service_pb2.KeySet:
        published = await self.keyring.published()
        return key_set_service_pb2.KeySet(keys=[key_message(kid, key) for kid, key in published.items()])
