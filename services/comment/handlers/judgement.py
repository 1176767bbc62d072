"""Asking the filter, and applying what it says: at once while the author waits, or later by the relay."""

from datetime import UTC, datetime

from opentelemetry.trace import SpanKind
from sqlalchemy.ext.asyncio import AsyncSession

from mesh.errors import HamletError
from mesh.telemetry import Telemetry
from services.comment.clients import PostFacts, Posts, SpamFilter
from services.comment.convert import classify_request, verdict_of
from services.comment.domain.comment import Comment, Verdict
from services.comment.domain.lifecycle import judged, waits_for_filter
from services.comment.hub import Hub
from services.comment.settings import CommentSettings
from services.comment.store import changes, comments, threads
from services.storage.database import Database
from services.storage.outbox import OutboxMessage

__all__ = ["Judgement", "LateJudgement"]

_LEAST_USEFUL = 0.005


class Judgement:
    """Verdicts, and what they do to a comment."""

    def __init__(self, spam_filter: SpamFilter, settings: CommentSettings) -> None:
        self._filter, self._settings = spam_filter, settings

    async def try_at_once(self, comment: Comment, post: PostFacts | None, seconds: float) -> Verdict | None:
        """A verdict within so many seconds, or None: then it comes later."""
        if seconds < _LEAST_USEFUL:
            return None
        try:
            return await self.ask(comment, post, seconds=seconds, live=True)
        except HamletError:
            return None

    async def ask(self, comment: Comment, post: PostFacts | None, *, seconds: float, live: bool) -> Verdict:
        """
        Raises:
            HamletError: FILTER_UNAVAILABLE.
        """
        request = classify_request(comment, post, self._settings.site_url, live=live)
        return verdict_of(await self._filter.classify(request, timeout=seconds))

    async def apply(self, session: AsyncSession, about: Comment, verdict: Verdict | None, now: datetime) -> Comment:
        """Applies a verdict about a comment as it was when it was sent to the filter. None applies nothing.

        Returns:
            The comment as it is now, locked until the transaction ends.
        """
        await threads.lock(session, about.post_id)
        current = await comments.get(session, about.id)
        if verdict is None:
            return current
        after = judged(current, verdict, about.revision, now)
        return await changes.rewrite(session, current, after, self._settings.unjudged, now)


class LateJudgement:
    """What the relay does with a comment that was not judged while its author waited."""

    def __init__(
        self,
        database: Database,
        judgement: Judgement,
        posts: Posts,
        hub: Hub,
        settings: CommentSettings,
        telemetry: Telemetry,
    ) -> None:
        self._database, self._judgement, self._posts, self._hub = database, judgement, posts, hub
        self._settings, self._telemetry = settings, telemetry

    async def __call__(self, message: OutboxMessage) -> None:
        """Continues the trace of the request that wrote the comment.

        Raises:
            HamletError: FILTER_UNAVAILABLE; the relay tries again.
        """
        remote = self._telemetry.propagator.extract({"traceparent": message.traceparent})
        with self._telemetry.tracer.start_as_current_span(
            "outbox judge", remote, SpanKind.CONSUMER, record_exception=False, set_status_on_exception=False
        ) as span:
            span.set_attribute("hamlet.outbox.attempts", message.attempts)
            await self._judge(message.key)

    async def _judge(self, comment_id: str) -> None:
        async with self._database.read() as session:
            comment = await comments.find(session, comment_id)
        if comment is None or not waits_for_filter(comment):
            return
        post = await self._post_of(comment)
        verdict = await self._judgement.ask(comment, post, seconds=self._settings.relay_filter_timeout, live=False)
        async with self._database.write() as session:
            await self._judgement.apply(session, comment, verdict, datetime.now(UTC))
        self._hub.wake(comment.post_id)

    async def _post_of(self, comment: Comment) -> PostFacts | None:
        try:
            return await self._posts.look_up(comment.post_id)
        except HamletError:
            # The filter judges as well without the post.
            return None
