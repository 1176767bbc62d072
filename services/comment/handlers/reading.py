"""Reading comments."""

from dataclasses import dataclass

from hamlet.comment.v1 import comment_pb2, comment_service_pb2

from mesh.call import Call
from mesh.errors import ErrorReason, HamletError
from services.comment.clients import Posts
from services.comment.convert import Presentation
from services.comment.handlers.access import require_visible, viewer_of
from services.comment.store import comments, lists
from services.storage.database import Database
from services.storage.paging import page_size, query_fingerprint

__all__ = ["Reading"]


@dataclass(frozen=True, slots=True)
class Reading:
    database: Database
    posts: Posts
    presentation: Presentation

    async def get(self, call: Call, comment_id: str) -> comment_pb2.Comment:
        """
        Raises:
            HamletError: COMMENT_NOT_FOUND.
        """
        async with self.database.read() as session:
            comment = await comments.get(session, comment_id)
        require_visible(call, comment)
        viewer = viewer_of(call)
        if not viewer.moderator and not viewer.wrote(comment):
            await self._require_visible_post(comment.post_id)
        return self.presentation.comment(comment, viewer)

    async def _require_visible_post(self, post_id: str) -> None:
        """Whoever kept a comment's id reads it no longer than the post above it."""
        try:
            await self.posts.look_up(post_id)
        except HamletError as error:
            if error.reason != ErrorReason.ERROR_REASON_POST_NOT_FOUND:
                raise
            raise HamletError(ErrorReason.ERROR_REASON_COMMENT_NOT_FOUND) from None

    async def page(
        self, call: Call, request: comment_service_pb2.ListCommentsRequest
    ) -> comment_service_pb2.ListCommentsResponse:
        """
        Raises:
            HamletError: POST_NOT_FOUND, INVALID_PAGE_TOKEN.
        """
        await self.posts.look_up(request.post_id)
        viewer = viewer_of(call)
        async with self.database.read() as session:
            page = await lists.thread_page(
                session,
                request.post_id,
                viewer,
                size=page_size(request.page_size),
                token=request.page_token,
                query=query_fingerprint(request),
            )
        return comment_service_pb2.ListCommentsResponse(
            comments=[self.presentation.comment(each, viewer) for each in page.items],
            next_page_token=page.next_page_token,
        )
