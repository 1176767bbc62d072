"""Wrong passwords slow down those that follow, for an account and from an address."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from mesh.errors import ErrorReason, HamletError
from services.account.settings import AccountSettings
from services.account.store import attempts
from services.storage.database import Database

__all__ = ["Guesses", "Throttle"]


@dataclass(frozen=True, slots=True)
class Guesses:
    """Whose password is tried, and from where.

    Attributes:
        whom: see `store.attempts`; whoever does not exist is counted as if they did.
        address: None if it is not known.
    """

    whom: bytes
    address: bytes | None


@dataclass(frozen=True, slots=True)
class Throttle:
    database: Database
    settings: AccountSettings

    async def admit(self, guesses: Guesses) -> None:
        """Counts an attempt before its password is looked at, so that many at once gain nothing.

        Raises:
            HamletError: RATE_LIMITED, with the wait.
        """
        now = datetime.now(UTC)
        counted = [(guesses.whom, self.settings.patience_with_accounts)]
        if guesses.address is not None:
            counted.append((guesses.address, self.settings.patience_with_addresses))
        async with self.database.write() as session:
            for subject, patience in sorted(counted, key=lambda pair: pair[0]):
                so_far = await attempts.locked(session, subject, now)
                if (wait := so_far.wait(now)) > timedelta(0):
                    raise HamletError(ErrorReason.ERROR_REASON_RATE_LIMITED, retry_after=wait.total_seconds())
                await attempts.save(session, subject, so_far.with_another(patience, now))

    async def succeeded(self, session: AsyncSession, guesses: Guesses) -> None:
        """Forgets what was counted of the account. Of the address only this attempt is taken back: with an account of
        their own guessers would otherwise wipe their slate clean."""
        address, now = guesses.address, datetime.now(UTC)
        # Both held in the order in which `admit` takes them, so that neither waits for the other.
        held = {
            each: await attempts.locked(session, each, now) for each in sorted(filter(None, (guesses.whom, address)))
        }
        await attempts.forget(session, guesses.whom)
        if address is not None:
            await attempts.save(session, address, held[address].without_one())
