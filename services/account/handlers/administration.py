"""What administrators do with accounts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from mesh.errors import ErrorReason, HamletError
from services.account.domain.account import Account, Role
from services.account.store import accounts, locks, sessions
from services.storage.database import Database
from services.storage.etag import require_etag
from services.storage.paging import Page

__all__ = ["Administration"]


@dataclass(frozen=True, slots=True)
class Administration:
    database: Database
    etag: Callable[[Account], str]

    async def page(
        self, *, role: Role | None, suspended: bool | None, size: int, token: str, query: bytes
    ) -> Page[Account]:
        """
        Raises:
            HamletError: INVALID_PAGE_TOKEN.
        """
        async with self.database.read() as session:
            return await accounts.page(
                session, role=role, suspended=suspended, now=datetime.now(UTC), size=size, token=token, query=query
            )

    async def set_role(self, account_id: str, role: Role, etag: str = "") -> Account:
        """
        Raises:
            HamletError: ACCOUNT_NOT_FOUND, ETAG_MISMATCH, LAST_ADMIN.
        """
        now = datetime.now(UTC)
        async with self.database.write() as session:
            await locks.lock(session, locks.ADMINISTRATORS)
            account = await accounts.get(session, account_id, for_update=True)
            require_etag(etag, self.etag(account))
            if account.role == role:
                return account
            changed = account.changed(now, role=role)
            if account.administers(now) and not await accounts.has_other_administrator(session, account_id, now):
                raise HamletError(ErrorReason.ERROR_REASON_LAST_ADMIN)
            await accounts.save(session, changed)
            return changed

    async def suspend(self, account_id: str, until: datetime | None, etag: str = "") -> Account:
        """
        Raises:
            HamletError: ACCOUNT_NOT_FOUND, ETAG_MISMATCH, LAST_ADMIN.
        """
        now = datetime.now(UTC)
        async with self.database.write() as session:
            await locks.lock(session, locks.ADMINISTRATORS)
            account = await accounts.get(session, account_id, for_update=True)
            require_etag(etag, self.etag(account))
            if account.administers(now) and not await accounts.has_other_administrator(session, account_id, now):
                raise HamletError(ErrorReason.ERROR_REASON_LAST_ADMIN)
            changed = account.suspended_from(now, until)
            await accounts.save(session, changed)
            await sessions.end_all(session, account_id, now)
            await accounts.renew_device_key(session, account_id)
            return changed

    async def unsuspend(self, account_id: str, etag: str = "") -> Account:
        """
        Raises:
            HamletError: ACCOUNT_NOT_FOUND, ETAG_MISMATCH.
        """
        async with self.database.write() as session:
            account = await accounts.get(session, account_id, for_update=True)
            require_etag(etag, self.etag(account))
            changed = account.unsuspended(datetime.now(UTC))
            if changed != account:
                await accounts.save(session, changed)
            return changed
