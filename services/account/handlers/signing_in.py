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
from services.account.handlers.throttle import Guesses, Throttle
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
    throttle: Throttle
    settings: AccountSettings

    async def sign_in(self, login: str, password: str, address: str) -> SignedIn:
        """
        Raises:
            HamletError: INVALID_CREDENTIALS, the same for whoever does not exist; ACCOUNT_SUSPENDED, only with the
                right password; RATE_LIMITED after too many failures.
        """
        async with self.database.read() as session:
            found = await accounts.find_for_sign_in(session, login)
        guesses = self._guesses(found, login, address)
        await self.throttle.admit(guesses)
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
            await self.throttle.succeeded(session, guesses)
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
            account = None if found is None else await accounts.find(session, found[0].account_id)
            if found is None or account is None:
                raise HamletError(ErrorReason.ERROR_REASON_INVALID_REFRESH_TOKEN)
            current, used = found
            # Also where the suspension has ended the session: its owner is told why.
            account.require_active(now)
            presented = current.judge(used=used, now=now)
            if presented is Presented.CURRENT:
                refreshed = current.refreshed(self.settings.lifetime, now)
                token = await sessions.rotate(session, refreshed, refresh_token)
                return await self._signed_in(account, refreshed, token)
            if presented is Presented.REPLAYED:
                await sessions.end(session, current.id, now)
        if presented is Presented.REPLAYED:
            # After the commit: the family is revoked whatever becomes of this answer.
            _log.warning("session.replayed", session_id=current.id)
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
    def _guesses(found: tuple[Account, str] | None, login: str, address: str) -> Guesses:
        whom = attempts.of_account(found[0].id) if found else attempts.of_login(login_key(login))
        return Guesses(whom, attempts.from_address(address) if address else None)
