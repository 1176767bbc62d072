"""Becoming somebody."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from hamlet.account.v1 import account_admin_service_pb2, account_pb2, account_service_pb2
from sqlalchemy.ext.asyncio import AsyncSession

from mesh.call import Call
from mesh.errors import ErrorReason, HamletError
from services.account.domain.account import Account, Role
from services.account.domain.password import require_safe
from services.account.domain.profile import checked_display_name
from services.account.passwords import Passwords
from services.account.store import accounts, locks
from services.account.tables import keys
from services.storage.database import Database
from services.storage.ids import uuid7

__all__ = ["Registration"]


@dataclass(frozen=True, slots=True)
class Registration:
    """
    Attributes:
        present: makes the answer, which is kept for retries.
    """

    database: Database
    passwords: Passwords
    present: Callable[[Account], account_pb2.Account]

    async def register(self, call: Call, request: account_service_pb2.RegisterRequest) -> account_pb2.Account:
        """
        Raises:
            HamletError: EMAIL_TAKEN, USERNAME_TAKEN, PASSWORD_UNSAFE; for the request id as `IdempotencyKeys.once`.
        """
        name = checked_display_name(request.display_name, "display_name")
        require_safe(request.password, username=request.username, email=request.email)
        password_hash = await self.passwords.hash(request.password)
        account = Account.new(uuid7(), request.username, request.email, name, Role.READER, datetime.now(UTC))

        async def effect(session: AsyncSession) -> account_pb2.Account:
            await accounts.add(session, account, password_hash)
            return self.present(account)

        return await keys.once(self.database, call, request, account_pb2.Account, effect, secrets=["password"])

    async def create_admin(self, request: account_admin_service_pb2.CreateAdminRequest) -> Account:
        """
        Raises:
            HamletError: ADMIN_EXISTS, EMAIL_TAKEN, USERNAME_TAKEN, PASSWORD_UNSAFE.
        """
        require_safe(request.password, username=request.username, email=request.email)
        password_hash = await self.passwords.hash(request.password)
        account = Account.new(uuid7(), request.username, request.email, "", Role.ADMIN, datetime.now(UTC))
        async with self.database.write() as session:
            await locks.lock(session, locks.ADMINISTRATORS)
            if request.only_if_none and await accounts.has_administrator(session):
                raise HamletError(ErrorReason.ERROR_REASON_ADMIN_EXISTS)
            await accounts.add(session, account, password_hash)
        return account
