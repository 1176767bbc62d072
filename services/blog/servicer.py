"""The contracts on the outside, the use cases on the inside."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from hamlet.account.v1 import personal_data_service_pb2
from hamlet.account.v1.personal_data_service_pb2_grpc import PersonalDataServiceServicer
from hamlet.blog.v1 import post_pb2, post_reading_service_pb2, post_revision_service_pb2, post_service_pb2
from hamlet.blog.v1.post_reading_service_pb2_grpc import PostReadingServiceServicer
from hamlet.blog.v1.post_revision_service_pb2_grpc import PostRevisionServiceServicer
from hamlet.blog.v1.post_service_pb2_grpc import PostServiceServicer

from mesh.call import current
from mesh.fieldmask import changed_fields
from services.blog.convert import draft_of, post_message, revision_message, settings_of
from services.blog.domain.post import State
from services.blog.handlers.history import History
from services.blog.handlers.lifecycle import Lifecycle
from services.blog.handlers.personal_data import PersonalData
from services.blog.handlers.reading import Reading
from services.blog.handlers.writing import Writing
from services.storage.paging import page_size, query_fingerprint

__all__ = ["PersonalDataServicer", "PostReadingServicer", "PostRevisionServicer", "PostServicer"]

_CHANGEABLE = frozenset({"slug", "title", "body", "tags", "comments_closed", "cover_image_url", "cover_image_alt"})


@dataclass(frozen=True, slots=True)
class PostServicer(PostServiceServicer):
    writing: Writing
    lifecycle: Lifecycle

    async def CreatePost(self, request: post_service_pb2.CreatePostRequest, context: Any) -> post_pb2.Post:
        return await self.writing.create(current(), request, draft_of(request.post), settings_of(request.post))

    async def UpdatePost(self, request: post_service_pb2.UpdatePostRequest, context: Any) -> post_pb2.Post:
        sent = request.post
        mask = request.update_mask if request.HasField("update_mask") else None
        post = await self.writing.update(
            current(),
            sent.id.lower(),
            changed_fields(mask, sent, _CHANGEABLE),
            draft_of(sent),
            settings_of(sent),
            etag=sent.etag,
        )
        return post_message(post)

    async def DeletePost(self, request: post_service_pb2.DeletePostRequest, context: Any) -> post_pb2.Post:
        return post_message(await self.lifecycle.delete(current(), request.post_id.lower(), request.etag))

    async def UndeletePost(self, request: post_service_pb2.UndeletePostRequest, context: Any) -> post_pb2.Post:
        return post_message(await self.lifecycle.undelete(current(), request.post_id.lower(), request.etag))

    async def PublishPost(self, request: post_service_pb2.PublishPostRequest, context: Any) -> post_pb2.Post:
        return post_message(await self.lifecycle.publish(current(), request.post_id.lower(), request.etag))

    async def UnpublishPost(self, request: post_service_pb2.UnpublishPostRequest, context: Any) -> post_pb2.Post:
        return post_message(await self.lifecycle.unpublish(current(), request.post_id.lower(), request.etag))

    async def SchedulePost(self, request: post_service_pb2.SchedulePostRequest, context: Any) -> post_pb2.Post:
        at = request.publish_time.ToDatetime(tzinfo=UTC)
        post_id = request.post_id.lower()
        return post_message(await self.lifecycle.schedule(current(), post_id, at, request.etag))


@dataclass(frozen=True, slots=True)
class PostReadingServicer(PostReadingServiceServicer):
    reading: Reading

    async def GetPost(self, request: post_reading_service_pb2.GetPostRequest, context: Any) -> post_pb2.Post:
        return post_message(await self.reading.get(current(), request.post_id.lower()))

    async def LookUpPost(self, request: post_reading_service_pb2.LookUpPostRequest, context: Any) -> post_pb2.Post:
        return post_message(await self.reading.look_up(current(), request.slug))

    async def ListPosts(
        self, request: post_reading_service_pb2.ListPostsRequest, context: Any
    ) -> post_reading_service_pb2.ListPostsResponse:
        page = await self.reading.page(
            current(),
            state=State(request.state or State.PUBLISHED),
            author_id=request.author_id.lower(),
            tag=request.tag,
            size=page_size(request.page_size),
            token=request.page_token,
            query=query_fingerprint(request),
        )
        return post_reading_service_pb2.ListPostsResponse(
            posts=[post_message(post, whole=False) for post in page.items], next_page_token=page.next_page_token
        )

    async def SearchPosts(
        self, request: post_reading_service_pb2.SearchPostsRequest, context: Any
    ) -> post_reading_service_pb2.SearchPostsResponse:
        page = await self.reading.search(
            request.query,
            size=page_size(request.page_size),
            token=request.page_token,
            query=query_fingerprint(request),
        )
        return post_reading_service_pb2.SearchPostsResponse(
            posts=[post_message(post, whole=False) for post in page.items], next_page_token=page.next_page_token
        )


@dataclass(frozen=True, slots=True)
class PostRevisionServicer(PostRevisionServiceServicer):
    history: History

    async def ListPostRevisions(
        self, request: post_revision_service_pb2.ListPostRevisionsRequest, context: Any
    ) -> post_revision_service_pb2.ListPostRevisionsResponse:
        page = await self.history.page(
            current(),
            request.post_id.lower(),
            size=page_size(request.page_size),
            token=request.page_token,
            query=query_fingerprint(request),
        )
        return post_revision_service_pb2.ListPostRevisionsResponse(
            revisions=map(revision_message, page.items), next_page_token=page.next_page_token
        )

    async def GetPostRevision(
        self, request: post_revision_service_pb2.GetPostRevisionRequest, context: Any
    ) -> post_pb2.PostRevision:
        return revision_message(await self.history.get(current(), request.post_id.lower(), request.revision))

    async def RestorePostRevision(
        self, request: post_revision_service_pb2.RestorePostRevisionRequest, context: Any
    ) -> post_pb2.Post:
        post = await self.history.restore(current(), request.post_id.lower(), request.revision, request.etag)
        return post_message(post)


@dataclass(frozen=True, slots=True)
class PersonalDataServicer(PersonalDataServiceServicer):
    personal_data: PersonalData

    async def ErasePerson(
        self, request: personal_data_service_pb2.ErasePersonRequest, context: Any
    ) -> personal_data_service_pb2.ErasePersonResponse:
        records = await self.personal_data.erase(request.account_id.lower())
        return personal_data_service_pb2.ErasePersonResponse(records=records)

    async def ExportPerson(
        self, request: personal_data_service_pb2.ExportPersonRequest, context: Any
    ) -> AsyncIterator[personal_data_service_pb2.ExportPersonResponse]:
        async with aclosing(self.personal_data.export(request.account_id.lower())) as records:
            async for record in records:
                yield record
