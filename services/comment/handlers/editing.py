"""What authors do with their comments afterwards."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hamlet.comment.v1 import comment_pb2

from mesh.call import Call
from mesh.errors import ErrorReason, HamletError
from services.comment.clients import PostFacts, Posts
from services.comment.convert import Presentation
from services.comment.domain.comment import Comment, Revision, Verdict
from services.comment.domain.draft import require_text
from services.comment.domain.lifecycle import deleted, edited, judged, require_editable, waits_for_filter
from services.comment.handlers.access import require_author, viewer_of
from services.comment.handlers.judgement import Judgement
from services.comment.hub import Hub
from services.comment.settings import CommentSettings
from services.comment.store import backlog, changes, comments, threads
from services.markup import Profile, rendered
from services.storage.database import Database
from services.storage.etag import etag_of, require_etag

__all__ = ["Editing"]


@dataclass(frozen=True, slots=True)
class Editing:
    """See `Creation` for the attributes."""

    database: Database
    posts: Posts
    judgement: Judgement
    presentation: Presentation
    hub: Hub
    settings: CommentSettings
    wake_relay: Callable[[], None]
    traceparent: Callable[[], str]

    async def update(self, call: Call, comment_id: str, text: str | None, etag: str) -> comment_pb2.Comment:
        """Gives a comment another text; None leaves it.

        The new text is judged before it is written, so that a comment that stays visible never blinks. If the filter
        does not answer in time it is written as PENDING, and the relay goes on.

        Raises:
            HamletError: COMMENT_NOT_FOUND, NOT_OWNER, ETAG_MISMATCH, EDIT_WINDOW_CLOSED, INVALID_REQUEST.
        """
        async with self.database.read() as session:
            comment = await comments.get(session, comment_id)
        self._require_editable(call, comment, etag)
        if text is None or text == comment.text:
            return self.presentation.comment(comment, viewer_of(call))
        require_text(text)
        text_html = await rendered(text, Profile.COMMENT)
        verdict = await self._verdict(call, edited(comment, text, text_html, datetime.now(UTC)))
        return await self._write(call, comment, text, text_html, etag, verdict)

    async def delete(self, call: Call, comment_id: str, etag: str = "") -> None:
        """Deleting it twice is no error, whatever the second one's etag.

        Raises:
            HamletError: COMMENT_NOT_FOUND, NOT_OWNER, ETAG_MISMATCH.
        """
        now, retention = datetime.now(UTC), timedelta(seconds=self.settings.deleted_retention)
        async with self.database.read() as session:
            comment = await comments.get(session, comment_id)
        require_author(call, comment)
        async with self.database.write() as session:
            await threads.lock(session, comment.post_id)
            comment = await comments.get(session, comment_id)
            if not comment.is_deleted:
                require_etag(etag, etag_of(comment.id, comment.version))
            after = deleted(comment, now, retention)
            await changes.rewrite(session, comment, after, self.settings.unjudged, now)
            await backlog.drop(session, comment_id)
        self.hub.wake(comment.post_id)

    async def revisions(self, call: Call, comment_id: str) -> list[Revision]:
        """
        Raises:
            HamletError: COMMENT_NOT_FOUND, NOT_OWNER.
        """
        async with self.database.read() as session:
            comment = await comments.get(session, comment_id)
            require_author(call, comment)
            if comment.is_deleted:
                raise HamletError(ErrorReason.ERROR_REASON_COMMENT_NOT_FOUND)
            return await comments.revisions_of(session, comment_id)

    def _require_editable(self, call: Call, comment: Comment, etag: str) -> None:
        require_author(call, comment)
        require_editable(comment, datetime.now(UTC), timedelta(seconds=self.settings.edit_window))
        require_etag(etag, etag_of(comment.id, comment.version))

    async def _verdict(self, call: Call, comment: Comment) -> Verdict | None:
        if not waits_for_filter(comment):
            return None
        most = self.settings.filter_timeout
        seconds = call.deadline.budget(most + self.settings.reserve) - self.settings.reserve
        return await self.judgement.try_at_once(comment, await self._post_of(comment), seconds)

    async def _post_of(self, comment: Comment) -> PostFacts | None:
        try:
            return await self.posts.look_up(comment.post_id)
        except HamletError:
            return None

    async def _write(
        self, call: Call, comment: Comment, text: str, text_html: str, etag: str, verdict: Verdict | None
    ) -> comment_pb2.Comment:
        now = datetime.now(UTC)
        async with self.database.write() as session:
            await threads.lock(session, comment.post_id)
            before = await comments.get(session, comment.id)
            self._require_editable(call, before, etag)
            after = edited(before, text, text_html, now)
            if verdict is not None:
                after = judged(after, verdict, after.revision, now)
            await comments.add_revision(session, before)
            after = await changes.rewrite(session, before, after, self.settings.unjudged, now)
            await backlog.drop(session, comment.id)
            if waiting := waits_for_filter(after):
                await backlog.enqueue(session, comment.id, now, self.traceparent())
        if waiting:
            self.wake_relay()
        self.hub.wake(comment.post_id)
        return self.presentation.comment(after, viewer_of(call))
