"""What people do with their own account."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from mesh.call import Call
from mesh.errors import ErrorReason, HamletError
from services.account.domain.account import Account
from services.account.domain.password import require_safe
from services.account.domain.profile import checked_display_name, require_email
from services.account.handlers.signing_in import SignedIn, SigningIn
from services.account.handlers.throttle import Throttle
from services.account.passwords import Passwords
from services.account.store import accounts, sessions
from services.storage.database import Database
from services.storage.etag import require_etag

__all__ = ["Profile", "owned_id"]


def owned_id(call: Call, account_id: str) -> str:
    """The account that is meant, `me` being the caller's own; settles who owns it.

    Raises:
        HamletError: NOT_OWNER.
    """
    if account_id == "me":
        account_id = call.require_principal().account_id
    call.require_owner(account_id)
    return account_id


@dataclass(frozen=True, slots=True)
class Profile:
    database: Database
    passwords: Passwords
    signing_in: SigningIn
    throttle: Throttle
    etag: Callable[[Account], str]

    async def get(self, call: Call, account_id: str) -> Account:
        """
        Raises:
            HamletError: ACCOUNT_NOT_FOUND, NOT_OWNER.
        """
        account_id = owned_id(call, account_id)
        async with self.database.read() as session:
            return await accounts.get(session, account_id)

    async def update(self, call: Call, account_id: str, changes: dict[str, str], etag: str) -> Account:
        """
        Args:
            changes: by field: email, display_name, website.

        Raises:
            HamletError: ACCOUNT_NOT_FOUND, NOT_OWNER, ETAG_MISMATCH, EMAIL_TAKEN.
        """
        account_id = owned_id(call, account_id)
        if "display_name" in changes:
            changes["display_name"] = checked_display_name(changes["display_name"], "account.display_name")
        if "email" in changes:
            require_email(changes["email"], "account.email")
        async with self.database.write() as session:
            account = await accounts.get(session, account_id, for_update=True)
            require_etag(etag, self.etag(account))
            if all(getattr(account, name) == value for name, value in changes.items()):
                return account
            changed = account.changed(datetime.now(UTC), **changes)
            await accounts.save(session, changed)
            return changed

    async def change_password(self, call: Call, account_id: str, current: str, new: str) -> SignedIn:
        """
        Raises:
            HamletError: ACCOUNT_NOT_FOUND, NOT_OWNER, INVALID_CREDENTIALS, PASSWORD_UNSAFE, ACCOUNT_SUSPENDED;
                RATE_LIMITED after too many failures; CONFLICT if it was changed meanwhile.
        """
        account_id = owned_id(call, account_id)
        async with self.database.read() as session:
            account = await accounts.get(session, account_id)
            known = await accounts.password_hash_of(session, account_id)
        require_safe(new, username=account.username, email=account.email)
        guesses = self.throttle.bearer(account_id)
        self.passwords.require_room(stranger=False)
        await self.throttle.admit(guesses)
        if not await self.passwords.check(current, known):
            raise HamletError(ErrorReason.ERROR_REASON_INVALID_CREDENTIALS)
        renewed, now = await self.passwords.hash(new), datetime.now(UTC)
        async with self.database.write() as session:
            account = await accounts.get(session, account_id, for_update=True)
            account.require_active(now)
            if await accounts.password_hash_of(session, account_id) != known:
                raise HamletError(ErrorReason.ERROR_REASON_CONFLICT)
            await accounts.set_password_hash(session, account_id, renewed)
            await self.throttle.succeeded(session, guesses)
            await sessions.end_all(session, account_id, now)
            await accounts.renew_device_key(session, account_id)
            return await self.signing_in.start(session, account, now)
