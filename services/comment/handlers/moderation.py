"""Where people decide."""

from dataclasses import dataclass
from datetime import UTC, datetime

from hamlet.comment.v1 import comment_pb2, moderation_service_pb2

from mesh.call import Call
from mesh.errors import ErrorReason, HamletError
from services.comment.convert import Presentation
from services.comment.domain.lifecycle import moderated
from services.comment.handlers.access import viewer_of
from services.comment.hub import Hub
from services.comment.settings import CommentSettings
from services.comment.store import backlog, changes, comments, lists, threads
from services.storage.database import Database
from services.storage.etag import etag_of, require_etag
from services.storage.paging import page_size, query_fingerprint

__all__ = ["Moderation"]


@dataclass(frozen=True, slots=True)
class Moderation:
    database: Database
    presentation: Presentation
    hub: Hub
    settings: CommentSettings

    async def waiting(
        self, call: Call, request: moderation_service_pb2.ListHeldCommentsRequest
    ) -> moderation_service_pb2.ListHeldCommentsResponse:
        """
        Raises:
            HamletError: INVALID_PAGE_TOKEN.
        """
        viewer = viewer_of(call)
        async with self.database.read() as session:
            page = await lists.waiting_page(
                session,
                request.post_id,
                size=page_size(request.page_size),
                token=request.page_token,
                query=query_fingerprint(request),
            )
        return moderation_service_pb2.ListHeldCommentsResponse(
            comments=[self.presentation.comment(each, viewer) for each in page.items],
            next_page_token=page.next_page_token,
        )

    async def decide(self, call: Call, comment_id: str, etag: str = "", *, approve: bool) -> comment_pb2.Comment:
        """Deciding the same twice changes nothing. About a deleted comment there is nothing to decide.

        Raises:
            HamletError: COMMENT_NOT_FOUND, ETAG_MISMATCH.
        """
        now = datetime.now(UTC)
        async with self.database.read() as session:
            post_id = (await comments.get(session, comment_id)).post_id
        async with self.database.write() as session:
            await threads.lock(session, post_id)
            comment = await comments.get(session, comment_id)
            if comment.is_deleted:
                raise HamletError(ErrorReason.ERROR_REASON_COMMENT_NOT_FOUND)
            require_etag(etag, etag_of(comment.id, comment.version))
            after = moderated(comment, approve=approve, now=now)
            after = await changes.rewrite(session, comment, after, self.settings.unjudged, now)
            await backlog.drop(session, comment.id)
        self.hub.wake(post_id)
        return self.presentation.comment(after, viewer_of(call))
