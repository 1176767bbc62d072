"""What happens by itself: forgetting what was kept long enough, and showing what the operator's policy says."""

import asyncio
from datetime import UTC, datetime, timedelta

import structlog

from mesh.errors import HamletError
from mesh.telemetry.metrics import OutboxState
from services.comment.handlers.erasure import Erasure
from services.comment.settings import CommentSettings
from services.comment.store import changes, comments, events, people, threads
from services.comment.tables import keys, outbox
from services.storage.database import Database

__all__ = ["Housekeeping"]

_log = structlog.get_logger(__name__)
_BETWEEN_LOOKS_AT_OUTBOX = 5.0
_AFTER_A_FAILURE = 5.0


class Housekeeping:
    """`outbox_state` is what metrics report of the outbox."""

    def __init__(self, database: Database, erasure: Erasure, settings: CommentSettings) -> None:
        self._database, self._erasure, self._settings = database, erasure, settings
        self.outbox_state = OutboxState(0, 0.0)

    async def look_after_forever(self) -> None:
        while True:
            pause = self._settings.purge_every
            try:
                await self.apply_policy()
                await self.purge(datetime.now(UTC))
            except HamletError as error:
                _log.warning("comment.housekeeping_failed", reason=error.spec.reason, debug=error.debug)
                pause = min(pause, _AFTER_A_FAILURE)
            await asyncio.sleep(pause)

    async def purge(self, now: datetime) -> None:
        """Forgets addresses, texts of deleted comments, events and idempotency keys whose time is over."""
        while True:
            async with self._database.write() as session:
                if not await people.forget_addresses(session, now):
                    break
        await self._erasure.erase_all(people.text_is_due(now))
        before = now - timedelta(seconds=self._settings.event_retention)
        while True:
            async with self._database.write() as session:
                if not await events.purge(session, before):
                    break
        async with self._database.write() as session:
            await keys.purge(session, now=now)

    async def apply_policy(self) -> None:
        """Shows or hides what waits for its verdict as `unjudged` says now, which a restart may have changed."""
        last, unjudged = "", self._settings.unjudged
        while True:
            async with self._database.read() as session:
                found = await people.some(session, people.wrongly_shown(unjudged), after=last)
            for each in found:
                async with self._database.write() as session:
                    await threads.lock(session, each.post_id)
                    comment = await comments.get(session, each.id)
                    await changes.show_anew(session, comment, unjudged, datetime.now(UTC))
                last = each.id
            if not found:
                return

    async def observe_outbox(self) -> None:
        """Keeps `outbox_state` current, for metrics must not wait for a database."""
        while True:
            try:
                async with self._database.read() as session:
                    backlog = await outbox.backlog(session)
                self.outbox_state = OutboxState(backlog.depth, backlog.oldest_age)
            except HamletError as error:
                _log.warning("outbox.observation_failed", reason=error.spec.reason, debug=error.debug)
            await asyncio.sleep(_BETWEEN_LOOKS_AT_OUTBOX)
