"""Wrong passwords slow down those that follow: of a login, from an address, on a device, and all over.

A stranger is counted by the login that is named and by the network that the call comes from. On a device where the
person has signed in before, the device is counted and nothing else, so that no stranger's guesses stop its owner. While
strangers fail much more often than usual all over, each of them has fewer attempts, a first one still included.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from mesh.address import network_of
from mesh.errors import ErrorReason, HamletError
from services.account.domain.account import login_key
from services.account.domain.attempts import Allowance
from services.account.domain.device import Device
from services.account.settings import AccountSettings
from services.account.store import attempts
from services.storage.database import Database

__all__ = ["Guesses", "Throttle"]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Guesses:
    """What an attempt is counted in.

    Attributes:
        counted: by subject, see `store.attempts`.
        stranger: nothing but the password says who it is.
    """

    counted: Mapping[bytes, Allowance]
    stranger: bool


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Throttle:
    database: Database
    settings: AccountSettings
    clock: Callable[[], datetime] = _now

    def stranger(self, login: str, address: str) -> Guesses:
        """Whoever does not exist is counted as if they did.

        Args:
            address: "" if it is not known.
        """
        counted = {attempts.of_login(login_key(login)): self.settings.allowance_of_login}
        if address:
            counted[attempts.from_address(network_of(address))] = self.settings.allowance_of_address
        return Guesses(counted, stranger=True)

    def device(self, device: Device) -> Guesses:
        return Guesses({attempts.from_device(device): self.settings.allowance_of_device}, stranger=False)

    def bearer(self, account_id: str) -> Guesses:
        """Whoever has an access token, which must not be worth any number of guesses."""
        return Guesses({attempts.of_account(account_id): self.settings.allowance_of_device}, stranger=False)

    async def admit(self, guesses: Guesses) -> None:
        """Counts an attempt before its password is looked at, so that many at once gain nothing.

        Raises:
            HamletError: RATE_LIMITED, with the wait.
        """
        now = self.clock()
        async with self.database.read() as session:
            known = await attempts.so_far(session, [*guesses.counted, attempts.EVERYBODY], now)
        alarmed = guesses.stranger and known[attempts.EVERYBODY].wait(self.settings.allowance_of_all, now)
        counted = {each: to.narrowed() if alarmed else to for each, to in guesses.counted.items()}
        # Looked at twice: a flood of refused attempts writes nothing and waits for no lock.
        _refuse(max(known[each].wait(to, now) for each, to in counted.items()))
        async with self.database.write() as session:
            for subject, allowance in sorted(counted.items()):
                held = await attempts.locked(session, subject, now)
                _refuse(held.wait(allowance, now))
                await attempts.save(session, subject, held.with_another(guesses.counted[subject], now))

    async def failed(self, guesses: Guesses) -> None:
        """Tells how much strangers fail all over."""
        if not guesses.stranger:
            return
        now, allowance = self.clock(), self.settings.allowance_of_all
        async with self.database.write() as session:
            before = await attempts.locked(session, attempts.EVERYBODY, now)
            after = before.with_another(allowance, now)
            await attempts.save(session, attempts.EVERYBODY, after)
        if after.wait(allowance, now) and not before.wait(allowance, now):
            _log.warning("sign_in.many_fail", failures=after.failures)

    async def succeeded(self, session: AsyncSession, guesses: Guesses) -> None:
        """Forgets what was counted of a device. A stranger's attempt alone is taken back: guessers would otherwise
        begin anew whenever the owner signs in, or they themselves with an account of their own."""
        if not guesses.stranger:
            await attempts.forget(session, *guesses.counted)
            return
        now = self.clock()
        for subject in sorted(guesses.counted):
            held = await attempts.locked(session, subject, now)
            await attempts.save(session, subject, held.without_one())


def _refuse(wait: timedelta) -> None:
    if wait > timedelta(0):
        raise HamletError(ErrorReason.ERROR_REASON_RATE_LIMITED, retry_after=wait.total_seconds())
