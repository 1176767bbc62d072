"""Writing a comment: stored first, judged then, one answer for one request_id.

The first transaction stores the comment, an outbox row and, as the answer to this request_id, a *receipt*: a message
with the comment's id alone. The second applies the verdict, or leaves the comment to the relay, and puts the answer in
the place of the receipt, if nobody else did. So an attempt that finds an answer repeats it, one that finds a receipt
finishes what another began (which may have died between the two), and all give the same answer.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hamlet.comment.v1 import comment_pb2
from hamlet.comment.v1.comment_service_pb2 import CreateCommentRequest
from sqlalchemy.ext.asyncio import AsyncSession

from mesh.call import Call
from mesh.errors import ErrorReason, HamletError
from services.comment.clients import PostFacts, Posts
from services.comment.convert import Presentation, draft_of
from services.comment.domain.comment import Comment, Decision, Shown, State
from services.comment.domain.draft import Draft, require_text, signed
from services.comment.domain.lifecycle import waits_for_filter
from services.comment.domain.thread import depth_of_reply, reply_path
from services.comment.handlers.access import viewer_of
from services.comment.handlers.judgement import Judgement
from services.comment.hub import Hub
from services.comment.settings import CommentSettings
from services.comment.store import backlog, changes, comments, threads
from services.comment.tables import keys
from services.markup import Profile, rendered
from services.storage.database import Database
from services.storage.ids import uuid7

__all__ = ["Creation"]

_LONGEST_ADDRESS = 45
_LONGEST_USER_AGENT = 1024


@dataclass(frozen=True, slots=True)
class Creation:
    """
    Attributes:
        wake_relay: called when a comment was left to the relay.
        traceparent: that of the call being served.
    """

    database: Database
    posts: Posts
    judgement: Judgement
    presentation: Presentation
    hub: Hub
    settings: CommentSettings
    wake_relay: Callable[[], None]
    traceparent: Callable[[], str]

    async def create(self, call: Call, request: CreateCommentRequest) -> comment_pb2.Comment:
        """
        Raises:
            HamletError: POST_NOT_FOUND, COMMENTS_CLOSED, PARENT_NOT_FOUND, THREAD_TOO_DEEP, UNAUTHENTICATED,
                REQUEST_ID_REUSED, REQUEST_IN_PROGRESS, INVALID_REQUEST, UNAVAILABLE if blog cannot be asked.
        """
        started = time.monotonic()
        draft = self._checked(call, request)
        async with self.database.read() as session:
            answer = await keys.answered(session, call, request, comment_pb2.Comment)
        post: PostFacts | None = None
        if answer is None:
            post = await self._open_post(request.post_id)
            text_html = await rendered(draft.text, Profile.COMMENT)

            async def store(session: AsyncSession) -> comment_pb2.Comment:
                return comment_pb2.Comment(id=await self._store(session, call, request.post_id, draft, text_html))

            answer = await keys.once(self.database, call, request, comment_pb2.Comment, store)
        if not _is_receipt(answer):
            return answer
        return await self._finish(call, request, answer, post, started)

    def _checked(self, call: Call, request: CreateCommentRequest) -> Draft:
        if call.principal is None and not self.settings.guests:
            raise HamletError(ErrorReason.ERROR_REASON_UNAUTHENTICATED)
        draft = signed(draft_of(request.comment), call.principal.name if call.principal else None)
        require_text(draft.text)
        return draft

    async def _open_post(self, post_id: str) -> PostFacts:
        post = await self.posts.ask(post_id)
        if not post.published or post.comments_closed:
            raise HamletError(ErrorReason.ERROR_REASON_COMMENTS_CLOSED)
        return post

    async def _store(self, session: AsyncSession, call: Call, post_id: str, draft: Draft, text_html: str) -> str:
        now = datetime.now(UTC)
        await threads.lock(session, post_id)
        parent = await self._parent(session, call, post_id, draft.parent_id)
        comment = self._new(call, post_id, draft, text_html, parent, now)
        await changes.insert(session, comment, self.settings.unjudged)
        not_before = now + timedelta(seconds=self.settings.relay_after)
        await backlog.enqueue(session, comment.id, not_before, self.traceparent())
        return comment.id

    async def _parent(self, session: AsyncSession, call: Call, post_id: str, parent_id: str) -> Comment | None:
        if not parent_id:
            return None
        parent = await comments.require_parent(session, post_id, parent_id)
        if parent.is_deleted or not viewer_of(call).sees(parent):
            raise HamletError(ErrorReason.ERROR_REASON_PARENT_NOT_FOUND)
        return parent

    def _new(
        self, call: Call, post_id: str, draft: Draft, text_html: str, parent: Comment | None, now: datetime
    ) -> Comment:
        comment_id = uuid7()
        return Comment(
            id=comment_id,
            post_id=post_id,
            parent_id=parent.id if parent else "",
            path=reply_path(parent.path if parent else "", comment_id),
            depth=depth_of_reply(parent.depth, self.settings.max_depth) if parent else 0,
            author_id=call.principal.account_id if call.principal else "",
            author_name=draft.author_name,
            author_email=draft.author_email,
            author_url=draft.author_url,
            ip=call.caller.address[:_LONGEST_ADDRESS],
            user_agent=call.caller.user_agent[:_LONGEST_USER_AGENT],
            text=draft.text,
            text_html=text_html,
            state=State.PENDING,
            decision=Decision.NONE,
            verdict=None,
            revision=1,
            version=1,
            shown=Shown.NOTHING,
            created_at=now,
            updated_at=now,
            text_at=now,
            address_until=now + timedelta(seconds=self.settings.address_retention),
            text_until=None,
        )

    async def _finish(
        self,
        call: Call,
        request: CreateCommentRequest,
        receipt: comment_pb2.Comment,
        post: PostFacts | None,
        started: float,
    ) -> comment_pb2.Comment:
        async with self.database.read() as session:
            comment = await comments.get(session, receipt.id)
        verdict = None
        if waits_for_filter(comment):
            verdict = await self.judgement.try_at_once(comment, post, self._seconds_for_filter(call, started))
        now = datetime.now(UTC)
        async with self.database.write() as session:
            comment = await self.judgement.apply(session, comment, verdict, now)
            if waiting := waits_for_filter(comment):
                await backlog.make_due(session, comment.id, now)
            else:
                await backlog.drop(session, comment.id)
            answer = self.presentation.comment(comment, viewer_of(call), own=True)
            answer = await keys.settle(session, call, request, receipt, answer)
        if waiting:
            self.wake_relay()
        self.hub.wake(comment.post_id)
        return answer

    def _seconds_for_filter(self, call: Call, started: float) -> float:
        left = self.settings.accept_within - (time.monotonic() - started)
        most = min(self.settings.filter_timeout, left)
        return min(most, call.deadline.budget(most + self.settings.reserve) - self.settings.reserve)


def _is_receipt(answer: comment_pb2.Comment) -> bool:
    """Every answer that a client is sent has a state."""
    return not answer.state
