"""How many statements each RPC of the blog takes: as many for a full blog as for one with a single post."""

from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hamlet.account.v1.personal_data_service_pb2 import DESCRIPTOR as PERSONAL_DATA
from hamlet.account.v1.personal_data_service_pb2 import ErasePersonRequest, ExportPersonRequest
from hamlet.account.v1.personal_data_service_pb2_grpc import PersonalDataServiceStub
from hamlet.blog.v1 import post_reading_service_pb2 as reading
from hamlet.blog.v1 import post_revision_service_pb2 as history
from hamlet.blog.v1 import post_service_pb2 as writing
from hamlet.blog.v1.post_pb2 import Post
from hamlet.blog.v1.post_reading_service_pb2_grpc import PostReadingServiceStub
from hamlet.blog.v1.post_revision_service_pb2_grpc import PostRevisionServiceStub
from hamlet.blog.v1.post_service_pb2_grpc import PostServiceStub

from mesh.policy import Role
from mesh.testing.service import person, serving
from services.blog.app import blog
from services.storage.ids import uuid7
from tests.integration.statements.counting import counted, names_of

pytestmark = pytest.mark.slow
MANY = 7
EXPECTED = {
    "CreatePost": 6,
    "PublishPost": 6,
    "UpdatePost": 9,
    "GetPost": 1,
    "LookUpPost": 1,
    "ListPosts": 1,
    "SearchPosts": 1,
    "ListPostRevisions": 2,
    "GetPostRevision": 2,
    "RestorePostRevision": 11,
    "UnpublishPost": 4,
    "SchedulePost": 4,
    "DeletePost": 4,
    "UndeletePost": 4,
    "ExportPerson": 4,
    "ErasePerson": 4,
}


async def walk(size: int) -> dict[str, int]:
    """Calls every RPC of a blog with `size` posts, each with as many tags and revisions and a text that grows too."""
    author = person(uuid7(), Role.ROLE_AUTHOR)
    tomorrow = Timestamp(seconds=4_000_000_000)
    async with serving(blog, "blog", environment={"HAMLET_BLOG_PUBLISH_EVERY": "3600"}) as service:
        with counted() as statements:
            channel = service.channel(author)
            write, read = PostServiceStub(channel), PostReadingServiceStub(channel)
            past, people = PostRevisionServiceStub(channel), PersonalDataServiceStub(service.channel(None, "account"))
            for _ in range(size):
                tags, body = [f"tag{n}" for n in range(size)], " ".join(f"word{n}" for n in range(size * 5))
                post = await write.CreatePost(
                    writing.CreatePostRequest(post=Post(title="To be", body=body, tags=tags), request_id=uuid7())
                )
                await write.PublishPost(writing.PublishPostRequest(post_id=post.id))
                for number in range(size):
                    changed = Post(id=post.id, body=f"{body} {number}", tags=[*tags, f"new{number}"])
                    await write.UpdatePost(writing.UpdatePostRequest(post=changed))
            await read.GetPost(reading.GetPostRequest(post_id=post.id))
            await read.LookUpPost(reading.LookUpPostRequest(slug=post.slug))
            assert len((await read.ListPosts(reading.ListPostsRequest(page_size=100))).posts) == size
            assert len((await read.SearchPosts(reading.SearchPostsRequest(query="word1"))).posts) == size
            await past.ListPostRevisions(history.ListPostRevisionsRequest(post_id=post.id))
            await past.GetPostRevision(history.GetPostRevisionRequest(post_id=post.id, revision=1))
            await past.RestorePostRevision(history.RestorePostRevisionRequest(post_id=post.id, revision=1))
            await write.UnpublishPost(writing.UnpublishPostRequest(post_id=post.id))
            await write.SchedulePost(writing.SchedulePostRequest(post_id=post.id, publish_time=tomorrow))
            await write.DeletePost(writing.DeletePostRequest(post_id=post.id))
            await write.UndeletePost(writing.UndeletePostRequest(post_id=post.id))
            exported: Any = people.ExportPerson(ExportPersonRequest(account_id=author.account_id))
            assert len([record async for record in exported]) >= size * size
            await people.ErasePerson(ErasePersonRequest(account_id=author.account_id))
    return statements.of_last()


async def test_no_rpc_asks_more_of_a_full_blog() -> None:
    services = [writing, reading, history]
    every = names_of(*(each for module in services for each in module.DESCRIPTOR.services_by_name.values()))
    assert set(EXPECTED) == every | names_of(*PERSONAL_DATA.services_by_name.values())
    assert await walk(1) == EXPECTED
    assert await walk(MANY) == EXPECTED
