"""What happens by itself: scheduled posts go out, deleted ones are erased when their time is over."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from mesh.errors import HamletError
from services.blog.domain.post import published
from services.blog.settings import BlogSettings
from services.blog.store import posts, search
from services.storage.database import Database
from services.storage.scrub import scrub

__all__ = ["Housekeeping"]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Housekeeping:
    database: Database
    settings: BlogSettings

    async def publish_forever(self) -> None:
        await _forever(self.publish_due, self.settings.publish_every)

    async def purge_forever(self) -> None:
        await _forever(self.purge, self.settings.purge_every)

    async def publish_due(self, now: datetime | None = None) -> int:
        """Publishes what is due; another replica's share is left to it. Returns how many."""
        now = now or datetime.now(UTC)
        async with self.database.read() as session:
            if not await posts.due(session, now, limit=1):
                return 0
        async with self.database.write() as session:
            found = await posts.due(session, now, lock=True)
            for before in found:
                after = published(before, now)
                await posts.save(session, before, after)
                await search.keep_in_step(session, after)
        return len(found)

    async def purge(self, now: datetime | None = None) -> int:
        """Erases deleted posts that can no longer be brought back. Returns how many."""
        async with self.database.write() as session:
            found = await posts.purgeable(session, now or datetime.now(UTC))
            await posts.erase(session, found)
        if found:
            await scrub(self.database)
        return len(found)


async def _forever(work: Callable[[], Awaitable[int]], pause: float) -> None:
    while True:
        try:
            await work()
        except HamletError as error:
            _log.warning("housekeeping put off", reason=error.spec.reason, debug=error.debug)
        await asyncio.sleep(pause)
