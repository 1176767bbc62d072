"""The contracts on the outside, the use cases on the inside."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from google.protobuf.empty_pb2 import Empty
from hamlet.account.v1 import personal_data_service_pb2
from hamlet.account.v1.personal_data_service_pb2_grpc import PersonalDataServiceServicer
from hamlet.comment.v1 import comment_pb2, comment_service_pb2, moderation_service_pb2
from hamlet.comment.v1.comment_service_pb2_grpc import CommentServiceServicer
from hamlet.comment.v1.moderation_service_pb2_grpc import ModerationServiceServicer

from mesh.call import current
from mesh.fieldmask import changed_fields
from services.comment.convert import revision_message
from services.comment.handlers.creation import Creation
from services.comment.handlers.editing import Editing
from services.comment.handlers.moderation import Moderation
from services.comment.handlers.personal_data import PersonalData
from services.comment.handlers.reading import Reading
from services.comment.handlers.watching import Watching

__all__ = ["CommentServicer", "ModerationServicer", "PersonalDataServicer"]

_CHANGEABLE = frozenset({"text"})


class CommentServicer(CommentServiceServicer):
    def __init__(self, creation: Creation, reading: Reading, editing: Editing, watching: Watching) -> None:
        self._creation, self._reading, self._editing, self._watching = creation, reading, editing, watching

    async def CreateComment(
        self, request: comment_service_pb2.CreateCommentRequest, context: Any
    ) -> comment_pb2.Comment:
        request.post_id = request.post_id.lower()
        request.comment.parent_id = request.comment.parent_id.lower()
        return await self._creation.create(current(), request)

    async def GetComment(self, request: comment_service_pb2.GetCommentRequest, context: Any) -> comment_pb2.Comment:
        return await self._reading.get(current(), request.comment_id.lower())

    async def ListComments(
        self, request: comment_service_pb2.ListCommentsRequest, context: Any
    ) -> comment_service_pb2.ListCommentsResponse:
        request.post_id = request.post_id.lower()
        return await self._reading.page(current(), request)

    async def UpdateComment(
        self, request: comment_service_pb2.UpdateCommentRequest, context: Any
    ) -> comment_pb2.Comment:
        sent = request.comment
        mask = request.update_mask if request.HasField("update_mask") else None
        text = sent.text if "text" in changed_fields(mask, sent, _CHANGEABLE) else None
        return await self._editing.update(current(), sent.id.lower(), text, sent.etag)

    async def DeleteComment(self, request: comment_service_pb2.DeleteCommentRequest, context: Any) -> Empty:
        await self._editing.delete(current(), request.comment_id.lower(), request.etag)
        return Empty()

    async def ListCommentRevisions(
        self, request: comment_service_pb2.ListCommentRevisionsRequest, context: Any
    ) -> comment_service_pb2.ListCommentRevisionsResponse:
        revisions = await self._editing.revisions(current(), request.comment_id.lower())
        return comment_service_pb2.ListCommentRevisionsResponse(revisions=map(revision_message, revisions))

    async def WatchComments(
        self, request: comment_service_pb2.WatchCommentsRequest, context: Any
    ) -> AsyncIterator[comment_service_pb2.WatchCommentsResponse]:
        async with aclosing(self._watching.watch(request.post_id.lower(), request.resume_token)) as messages:
            async for message in messages:
                yield message


class ModerationServicer(ModerationServiceServicer):
    def __init__(self, moderation: Moderation) -> None:
        self._moderation = moderation

    async def ListHeldComments(
        self, request: moderation_service_pb2.ListHeldCommentsRequest, context: Any
    ) -> moderation_service_pb2.ListHeldCommentsResponse:
        request.post_id = request.post_id.lower()
        return await self._moderation.waiting(current(), request)

    async def ApproveComment(
        self, request: moderation_service_pb2.ApproveCommentRequest, context: Any
    ) -> comment_pb2.Comment:
        return await self._moderation.decide(current(), request.comment_id.lower(), request.etag, approve=True)

    async def RejectComment(
        self, request: moderation_service_pb2.RejectCommentRequest, context: Any
    ) -> comment_pb2.Comment:
        return await self._moderation.decide(current(), request.comment_id.lower(), request.etag, approve=False)


class PersonalDataServicer(PersonalDataServiceServicer):
    def __init__(self, personal_data: PersonalData) -> None:
        self._personal_data = personal_data

    async def ErasePerson(
        self, request: personal_data_service_pb2.ErasePersonRequest, context: Any
    ) -> personal_data_service_pb2.ErasePersonResponse:
        records = await self._personal_data.erase(request.account_id.lower())
        return personal_data_service_pb2.ErasePersonResponse(records=records)

    async def ExportPerson(
        self, request: personal_data_service_pb2.ExportPersonRequest, context: Any
    ) -> AsyncIterator[personal_data_service_pb2.ExportPersonResponse]:
        async with aclosing(self._personal_data.export(request.account_id.lower())) as records:
            async for record in records:
                yield record
