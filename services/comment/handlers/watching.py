"""Watches: the events of a post as they are written, resumable."""

import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from hamlet.comment.v1.comment_service_pb2 import WatchCommentsResponse

from mesh.errors import ErrorReason, HamletError
from services.comment.clients import Posts
from services.comment.convert import Presentation
from services.comment.domain.comment import Shown
from services.comment.domain.visibility import EventType
from services.comment.hub import Hub
from services.comment.settings import CommentSettings
from services.comment.store import events
from services.comment.store.events import Event, Progress
from services.storage import page_token
from services.storage.database import Database

__all__ = ["Watching"]

_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Watching:
    """A watch holds no queue: it reads from the table as fast as its client takes, so a slow one costs no memory."""

    database: Database
    posts: Posts
    presentation: Presentation
    hub: Hub
    settings: CommentSettings

    async def watch(self, post_id: str, resume_token: str) -> AsyncGenerator[WatchCommentsResponse, None]:
        """The first message is a heartbeat at once, with the token from which the watch goes on.

        Raises:
            HamletError: POST_NOT_FOUND, INVALID_RESUME_TOKEN, OVERLOADED.
        """
        await self.posts.look_up(post_id)
        with self.hub.subscribed(post_id) as subscription:
            async with self.database.read() as session:
                progress = await events.progress_of(session, post_id)
            subscription.sequence = _start(post_id, resume_token, progress)
            yield WatchCommentsResponse(resume_token=_token(post_id, subscription.sequence))
            sent_at = time.monotonic()
            while True:
                for event in await self._next(post_id, subscription.sequence):
                    subscription.sequence = event.sequence
                    if _is_news(event):
                        yield self._message(post_id, event)
                        sent_at = time.monotonic()
                    # Otherwise it is undone already, by an event that follows.
                    subscription.wake()
                await subscription.wait(self.settings.heartbeat - (time.monotonic() - sent_at))
                if time.monotonic() - sent_at >= self.settings.heartbeat:
                    yield WatchCommentsResponse(resume_token=_token(post_id, subscription.sequence))
                    sent_at = time.monotonic()

    async def _next(self, post_id: str, sequence: int) -> list[Event]:
        async with self.database.read() as session:
            return await events.events_after(session, post_id, sequence, _AT_ONCE)

    def _message(self, post_id: str, event: Event) -> WatchCommentsResponse:
        return WatchCommentsResponse(
            event=self.presentation.event(event.type, event.comment),
            resume_token=_token(post_id, event.sequence),
        )


def _is_news(event: Event) -> bool:
    return event.type is EventType.DISAPPEARED or event.comment.shown is Shown.WHOLE


def _token(post_id: str, sequence: int) -> str:
    return page_token.encode([sequence], _bound_to(post_id))


def _start(post_id: str, resume_token: str, progress: Progress) -> int:
    """The number of the event after which to go on.

    Raises:
        HamletError: INVALID_RESUME_TOKEN. `metadata.cause` is `expired` for a token whose events are no longer kept,
            and `unknown` for one from another history, such as before a backup was restored.
    """
    if not resume_token:
        return progress.sequence
    try:
        [sequence] = page_token.decode(resume_token, _bound_to(post_id), 1)
    except HamletError:
        raise HamletError(ErrorReason.ERROR_REASON_INVALID_RESUME_TOKEN) from None
    if not isinstance(sequence, int) or sequence > progress.sequence:
        raise _refused("unknown")
    if sequence < progress.purged:
        raise _refused("expired")
    return sequence


def _bound_to(post_id: str) -> bytes:
    return b"watch " + post_id.encode()


def _refused(cause: str) -> HamletError:
    return HamletError(ErrorReason.ERROR_REASON_INVALID_RESUME_TOKEN, metadata={"cause": cause})
