"""Sessions: signing in, refreshing, signing out."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from mesh.call import Principal
from mesh.errors import ErrorReason, HamletError
from mesh.policy import Role as ContractRole
from services.account.domain.account import Account, login_key
from services.account.domain.session import Presented, Session
from services.account.keyring import KeyRing
from services.account.passwords import Passwords
from services.account.settings import AccountSettings
from services.account.store import accounts, attempts, sessions
from services.storage.database import Database
from services.storage.ids import uuid7

__all__ = ["SignedIn", "SigningIn"]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a person gets who has signed in."""

    account: Account
    session: Session
    access_token: str
    access_expires_at: datetime
    refresh_token: str


@dataclass(frozen=True, slots=True)
class SigningIn:
    database: Database
    passwords: Passwords
    keyring: KeyRing
    settings: AccountSettings

    async def sign_in(self, login: str, password: str, address: str) -> SignedIn:
        """
        Raises:
            HamletError: INVALID_CREDENTIALS, the same for whoever does not exist; ACCOUNT_SUSPENDED, only with the
                right password; RATE_LIMITED after too many failures.
        """
        async with self.database.read() as session:
            found = await accounts.find_for_sign_in(session, login)
        subjects = self._subjects(found, login, address)
        await self._count_attempt(subjects)
        if not await self.passwords.check(password, found[1] if found else None) or found is None:
            raise HamletError(ErrorReason.ERROR_REASON_INVALID_CREDENTIALS)
        outdated = self.passwords.is_outdated(found[1])
        renewed = await self.passwords.hash(password) if outdated else ""
        now = datetime.now(UTC)
        async with self.database.write() as session:
            account = await accounts.find(session, found[0].id, for_update=True)
            if account is None or await accounts.password_hash_of(session, account.id) != found[1]:
                raise HamletError(ErrorReason.ERROR_REASON_INVALID_CREDENTIALS)
            account.require_active(now)
            await attempts.forget(session, *subjects)
            if renewed:
                await accounts.set_password_hash(session, account.id, renewed)
            return await self.start(session, account, now)

    async def start(self, session: AsyncSession, account: Account, now: datetime) -> SignedIn:
        """Starts a session in a transaction that holds the account."""
        started = Session.start(uuid7(), account.id, self.settings.lifetime, now)
        return await self._signed_in(account, started, await sessions.start(session, started))

    async def refresh(self, refresh_token: str) -> SignedIn:
        """
        Raises:
            HamletError: INVALID_REFRESH_TOKEN, ACCOUNT_SUSPENDED.
        """
        now = datetime.now(UTC)
        async with self.database.write() as session:
            found = await sessions.find_by_token(session, refresh_token)
            presented = Presented.OVER if found is None else found[0].judge(used=found[1], now=now)
            if found is not None and presented is Presented.REPLAYED:
                await sessions.end(session, found[0].id, now)
            account = None if found is None else await accounts.find(session, found[0].account_id)
            if found is not None and account is not None and presented is Presented.CURRENT:
                account.require_active(now)
                refreshed = found[0].refreshed(self.settings.lifetime, now)
                token = await sessions.rotate(session, refreshed, refresh_token)
                return await self._signed_in(account, refreshed, token)
        if found is not None and presented is Presented.REPLAYED:
            # After the commit: the family is revoked whatever becomes of this answer.
            _log.warning("refresh token replayed, its family is revoked", session=found[0].id)
        raise HamletError(ErrorReason.ERROR_REASON_INVALID_REFRESH_TOKEN)

    async def sign_out(self, refresh_token: str) -> None:
        async with self.database.write() as session:
            found = await sessions.find_by_token(session, refresh_token)
            if found is not None:
                await sessions.end(session, found[0].id, datetime.now(UTC))

    async def _signed_in(self, account: Account, session: Session, refresh_token: str) -> SignedIn:
        signer = await self.keyring.signer()
        now = datetime.now(UTC)
        role = ContractRole.ValueType(account.role)
        principal = Principal(account_id=account.id, role=role, session_id=session.id, name=account.name)
        expires_at = now + timedelta(seconds=signer.ttl)
        return SignedIn(account, session, signer.sign(principal, now.timestamp()), expires_at, refresh_token)

    @staticmethod
    def _subjects(found: tuple[Account, str] | None, login: str, address: str) -> list[bytes]:
        whom = attempts.of_account(found[0].id) if found else attempts.of_login(login_key(login))
        return [whom, *([attempts.from_address(address)] if address else [])]

    async def _count_attempt(self, subjects: list[bytes]) -> None:
        """Counts an attempt before its password is looked at, so that many at once gain nothing.

        Raises:
            HamletError: RATE_LIMITED.
        """
        now = datetime.now(UTC)
        patience = [self.settings.patience_with_accounts, self.settings.patience_with_addresses]
        async with self.database.write() as session:
            for subject, patient in sorted(zip(subjects, patience, strict=False), key=lambda pair: pair[0]):
                counted = await attempts.locked(session, subject, now)
                if (wait := counted.wait(now)) > timedelta(0):
                    raise HamletError(ErrorReason.ERROR_REASON_RATE_LIMITED, retry_after=wait.total_seconds())
                await attempts.save(session, subject, counted.with_another(patient, now))
