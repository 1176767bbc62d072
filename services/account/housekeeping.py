"""What happens by itself: what has been kept long enough goes, and the outbox is looked at for its metrics."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import structlog

from mesh.errors import HamletError
from mesh.telemetry import OutboxState
from services.account.keyring import KeyRing
from services.account.settings import AccountSettings
from services.account.store import attempts, sessions
from services.account.tables import outbox
from services.storage.database import Database

__all__ = ["Housekeeping"]

_log = structlog.get_logger(__name__)
_OBSERVE_EVERY = 5.0


class Housekeeping:
    def __init__(self, database: Database, keyring: KeyRing, settings: AccountSettings) -> None:
        self._database, self._keyring, self._settings = database, keyring, settings
        self.outbox_state = OutboxState(0, 0.0)

    async def purge_forever(self) -> None:
        await _forever(self.purge, self._settings.purge_every)

    async def observe_forever(self) -> None:
        await _forever(self._observe, _OBSERVE_EVERY)

    async def purge(self) -> None:
        """Forgets old attempts, sessions that have expired, and keys that nobody needs."""
        now = datetime.now(UTC)
        forgotten = 1
        while forgotten:
            async with self._database.write() as session:
                forgotten = await attempts.purge(session, now - self._settings.attempts_forgotten_after)
        expired = 1
        while expired:
            async with self._database.write() as session:
                expired = await sessions.purge(session, now)
        await self._keyring.drop_retired()

    async def _observe(self) -> None:
        async with self._database.read() as session:
            backlog = await outbox.backlog(session)
        self.outbox_state = OutboxState(backlog.depth, backlog.oldest_age)


async def _forever(work: Callable[[], Awaitable[None]], pause: float) -> None:
    while True:
        try:
            await work()
        except HamletError as error:
            _log.warning("housekeeping put off", reason=error.spec.reason, debug=error.debug)
        await asyncio.sleep(pause)
