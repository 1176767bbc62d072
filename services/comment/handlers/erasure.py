"""Making comments forget who wrote them and what."""

from datetime import UTC, datetime

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from services.comment.domain.comment import Comment
from services.comment.domain.lifecycle import erased
from services.comment.hub import Hub
from services.comment.settings import CommentSettings
from services.comment.store import backlog, changes, comments, people, threads
from services.storage.database import Database

__all__ = ["Erasure"]

_AT_ONCE = 50


class Erasure:
    """Erases in transactions of some comments each, so that nobody else waits long."""

    def __init__(self, database: Database, hub: Hub, settings: CommentSettings) -> None:
        self._database, self._hub, self._settings = database, hub, settings

    async def erase_all(self, condition: ColumnElement[bool]) -> int:
        """
        Args:
            condition: no longer true of a comment that was erased.

        Returns:
            How many comments and revisions that were.
        """
        records = 0
        while True:
            async with self._database.write() as session:
                found = await people.some(session, condition, limit=_AT_ONCE)
                records += await self._erase(session, found)
            for post_id in {each.post_id for each in found}:
                self._hub.wake(post_id)
            if len(found) < _AT_ONCE:
                return records

    async def _erase(self, session: AsyncSession, found: list[Comment]) -> int:
        now = datetime.now(UTC)
        # In one order, so that two erasures do not wait for each other.
        for post_id in sorted({each.post_id for each in found}):
            await threads.lock(session, post_id)
        for each in found:
            comment = await comments.get(session, each.id)
            await changes.rewrite(session, comment, erased(comment, now), self._settings.unjudged, now)
            await backlog.drop(session, comment.id)
        return len(found) + await people.drop_revisions(session, [each.id for each in found])
