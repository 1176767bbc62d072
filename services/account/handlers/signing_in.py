"""Sessions: signing in, refreshing, signing out."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from mesh.call import Principal
from mesh.errors import ErrorReason, HamletError
from mesh.policy import Role as ContractRole
from services.account.domain.account import Account
from services.account.domain.device import Device, new_device_key
from services.account.domain.session import Presented, Session
from services.account.handlers.throttle import Throttle
from services.account.keyring import KeyRing
from services.account.passwords import Passwords
from services.account.settings import AccountSettings
from services.account.store import accounts, sessions
from services.storage.database import Database
from services.storage.ids import uuid7

__all__ = ["SignedIn", "SigningIn"]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a person gets who has signed in.

    Attributes:
        device_token: see `domain.device`; "" where no password was named.
    """

    account: Account
    session: Session
    access_token: str
    access_expires_at: datetime
    refresh_token: str
    device_token: str = ""


@dataclass(frozen=True, slots=True)
class SigningIn:
    database: Database
    passwords: Passwords
    keyring: KeyRing
    throttle: Throttle
    settings: AccountSettings

    async def sign_in(self, login: str, password: str, address: str, device_token: str = "") -> SignedIn:
        """
        Args:
            device_token: of an earlier sign-in on this device; any other is as good as none.

        Raises:
            HamletError: INVALID_CREDENTIALS, the same for whoever does not exist; ACCOUNT_SUSPENDED, only with the
                right password; RATE_LIMITED after too many failures.
        """
        async with self.database.read() as session:
            found = await accounts.find_for_sign_in(session, login)
        device = self._known_device(found, device_token)
        guesses = self.throttle.device(device) if device else self.throttle.stranger(login, address)
        self.passwords.require_room(stranger=guesses.stranger)
        await self.throttle.admit(guesses)
        right = await self.passwords.check(password, found.password_hash if found else None)
        if found is None or not right:
            await self.throttle.failed(guesses)
            raise HamletError(ErrorReason.ERROR_REASON_INVALID_CREDENTIALS)
        outdated = self.passwords.is_outdated(found.password_hash)
        renewed = await self.passwords.hash(password) if outdated else ""
        now = datetime.now(UTC)
        async with self.database.write() as session:
            account = await accounts.find(session, found.account.id, for_update=True)
            if account is None or await accounts.password_hash_of(session, account.id) != found.password_hash:
                raise HamletError(ErrorReason.ERROR_REASON_INVALID_CREDENTIALS)
            account.require_active(now)
            await self.throttle.succeeded(session, guesses)
            if renewed:
                await accounts.set_password_hash(session, account.id, renewed)
            return await self.start(session, account, now, device)

    async def start(
        self, session: AsyncSession, account: Account, now: datetime, device: Device | None = None
    ) -> SignedIn:
        """Starts a session in a transaction that holds the account.

        Args:
            device: where, if it is known already.
        """
        started = Session.start(uuid7(), account.id, self.settings.lifetime, now)
        key = await accounts.device_key_of(session, account.id)
        device_token = (device or Device.new(account.id)).token(key, now)
        return await self._signed_in(account, started, await sessions.start(session, started), device_token)

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

    async def _signed_in(
        self, account: Account, session: Session, refresh_token: str, device_token: str = ""
    ) -> SignedIn:
        signer = await self.keyring.signer()
        now = datetime.now(UTC)
        role = ContractRole.ValueType(account.role)
        principal = Principal(account_id=account.id, role=role, session_id=session.id, name=account.name)
        expires_at = now + timedelta(seconds=signer.ttl)
        access_token = signer.sign(principal, now.timestamp())
        return SignedIn(account, session, access_token, expires_at, refresh_token, device_token)

    def _known_device(self, found: accounts.Credentials | None, token: str) -> Device | None:
        """Takes as long for an account that does not exist or that nobody has signed in to."""
        if not token:
            return None
        key = (found.device_key if found else None) or new_device_key()
        lifetime = timedelta(seconds=self.settings.device_known_for)
        return Device.read(token, found.account.id if found else "", key, datetime.now(UTC), lifetime)
