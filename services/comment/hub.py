"""Tells the watches of this process that something happened to their post.

What this process writes wakes them at once. What other replicas write is seen by one query for all watched posts each
time `poll` seconds have passed, however many watches there are.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import structlog

from mesh.errors import ErrorReason, HamletError
from services.comment.store.events import sequences_of
from services.storage.database import Database

__all__ = ["Hub", "Subscription"]

_log = structlog.get_logger(__name__)
_POSTS_AT_ONCE = 500
_RETRY_AFTER = 1.0


class Subscription:
    """One watch. `sequence` is the number of the last event that it was given."""

    def __init__(self) -> None:
        self.sequence = 0
        self._news = asyncio.Event()

    def wake(self) -> None:
        self._news.set()

    async def wait(self, seconds: float) -> None:
        """Returns when there may be news, or after so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, seconds)):
                await self._news.wait()
        self._news.clear()


class Hub:
    """
    Args:
        most: watches that are held at once.
    """

    def __init__(self, database: Database, *, poll: float, most: int) -> None:
        self._database, self._poll, self._most = database, poll, most
        self._watched: defaultdict[str, set[Subscription]] = defaultdict(set)
        self._count = 0

    @contextmanager
    def subscribed(self, post_id: str) -> Iterator[Subscription]:
        """
        Raises:
            HamletError: OVERLOADED.
        """
        if self._count >= self._most:
            raise HamletError(ErrorReason.ERROR_REASON_OVERLOADED, retry_after=_RETRY_AFTER)
        subscription = Subscription()
        self._watched[post_id].add(subscription)
        self._count += 1
        try:
            yield subscription
        finally:
            self._count -= 1
            self._watched[post_id].discard(subscription)
            if not self._watched[post_id]:
                del self._watched[post_id]

    def wake(self, post_id: str) -> None:
        """Call it after a commit that may have written events of the post."""
        for subscription in self._watched.get(post_id, ()):
            subscription.wake()

    async def run(self) -> None:
        """Looks for what others wrote, until cancelled."""
        while True:
            await asyncio.sleep(self._poll)
            try:
                await self._look()
            except HamletError as error:
                _log.warning("watch.poll_failed", reason=error.spec.reason, debug=error.debug)

    async def _look(self) -> None:
        posts = list(self._watched)
        for start in range(0, len(posts), _POSTS_AT_ONCE):
            async with self._database.read() as session:
                sequences = await sequences_of(session, posts[start : start + _POSTS_AT_ONCE])
            for post_id, sequence in sequences.items():
                for subscription in self._watched.get(post_id, ()):
                    if subscription.sequence < sequence:
                        subscription.wake()
