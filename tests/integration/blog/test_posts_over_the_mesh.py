"""Posts as their authors, readers and moderators meet them, over mTLS and the whole chain."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp
from hamlet.account.v1.personal_data_service_pb2 import ErasePersonRequest, ExportPersonRequest
from hamlet.account.v1.personal_data_service_pb2_grpc import PersonalDataServiceStub
from hamlet.blog.v1 import post_reading_service_pb2 as reading
from hamlet.blog.v1 import post_revision_service_pb2 as history
from hamlet.blog.v1 import post_service_pb2 as writing
from hamlet.blog.v1.post_pb2 import Post, PostState
from hamlet.blog.v1.post_reading_service_pb2_grpc import PostReadingServiceStub
from hamlet.blog.v1.post_revision_service_pb2_grpc import PostRevisionServiceStub
from hamlet.blog.v1.post_service_pb2_grpc import PostServiceStub

from mesh.call import Principal
from mesh.policy import Role
from mesh.status import error_of
from mesh.testing.service import ServiceUnderTest, person, serving
from services.blog.app import blog
from services.storage.ids import uuid7

AUTHOR = person(uuid7(), Role.ROLE_AUTHOR, "Yorick")
OTHER = person(uuid7(), Role.ROLE_AUTHOR, "Rosencrantz")
READER = person(uuid7(), Role.ROLE_READER, "Horatio")
MODERATOR = person(uuid7(), Role.ROLE_MODERATOR, "Polonius")
DRAFT, PUBLISHED = PostState.POST_STATE_DRAFT, PostState.POST_STATE_PUBLISHED


class Blog:
    """The three contracts of posts, on behalf of one person."""

    def __init__(self, service: ServiceUnderTest, who: Principal | None) -> None:
        channel = service.channel(who)
        self.write = PostServiceStub(channel)
        self.read = PostReadingServiceStub(channel)
        self.history = PostRevisionServiceStub(channel)

    async def post(self, title: str = "A fellow of infinite jest", **fields: Any) -> Post:
        fields.setdefault("body", "Where be your **gibes** now?")
        return await self.write.CreatePost(writing.CreatePostRequest(post=Post(title=title, **fields)))

    async def publish(self, post: Post) -> Post:
        return await self.write.PublishPost(writing.PublishPostRequest(post_id=post.id))

    async def get(self, post: Post) -> Post:
        return await self.read.GetPost(reading.GetPostRequest(post_id=post.id))

    async def update(self, post: Post, *paths: str, **fields: Any) -> Post:
        mask = FieldMask(paths=paths) if paths else None
        request = writing.UpdatePostRequest(post=Post(id=post.id, **fields), update_mask=mask)
        return await self.write.UpdatePost(request)


@pytest.fixture
async def service() -> AsyncIterator[ServiceUnderTest]:
    async with serving(blog, "blog", environment={"HAMLET_BLOG_PUBLISH_EVERY": "0.02"}) as running:
        yield running


@pytest.fixture
def author(service: ServiceUnderTest) -> Blog:
    return Blog(service, AUTHOR)


@pytest.fixture
def anybody(service: ServiceUnderTest) -> Blog:
    return Blog(service, None)


async def reason(call: Any) -> str:
    """The reason with which a call was refused."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    error = error_of(refused.value)
    assert error is not None, refused.value
    return error.spec.reason


async def test_a_draft_is_its_author_s_alone_until_it_is_published(author: Blog, anybody: Blog) -> None:
    post = await author.post()
    assert (post.state, post.slug, post.author_name) == (DRAFT, "a-fellow-of-infinite-jest", "Yorick")
    assert "<strong>gibes</strong>" in post.body_html
    assert await reason(anybody.get(post)) == "POST_NOT_FOUND"
    published = await author.publish(post)
    assert published.state == PUBLISHED
    assert await anybody.get(post) == published
    assert await anybody.read.LookUpPost(reading.LookUpPostRequest(slug=post.slug)) == published


async def test_readers_do_not_write_posts(service: ServiceUnderTest, anybody: Blog) -> None:
    assert await reason(Blog(service, READER).post()) == "ROLE_REQUIRED"
    assert await reason(anybody.post()) == "UNAUTHENTICATED"


async def test_a_foreign_post_is_hidden_while_a_draft_and_not_ours_afterwards(
    service: ServiceUnderTest, author: Blog
) -> None:
    other, post = Blog(service, OTHER), await author.post()
    assert await reason(other.update(post, "title", title="Mine")) == "POST_NOT_FOUND"
    await author.publish(post)
    assert await reason(other.update(post, "title", title="Mine")) == "NOT_OWNER"
    delete = writing.DeletePostRequest(post_id=post.id)
    assert await reason(other.write.DeletePost(delete)) == "NOT_OWNER"
    assert (await Blog(service, MODERATOR).write.DeletePost(delete)).state == PostState.POST_STATE_DELETED


async def test_titles_make_slugs_and_given_slugs_are_unique(author: Blog) -> None:
    assert [(await author.post("Ça ira!")).slug for _ in range(3)] == ["ca-ira", "ca-ira-2", "ca-ira-3"]
    assert await reason(author.post(slug="ca-ira")) == "SLUG_TAKEN"


async def test_the_same_request_id_is_one_post(author: Blog) -> None:
    request = writing.CreatePostRequest(post=Post(title="Once"), request_id=uuid7())
    first = await author.write.CreatePost(request)
    assert await author.write.CreatePost(request) == first
    request.post.title = "Twice"
    assert await reason(author.write.CreatePost(request)) == "REQUEST_ID_REUSED"


async def test_an_update_changes_what_its_mask_names(author: Blog) -> None:
    post = await author.post(tags=["skulls"])
    changed = await author.update(post, "title", title="Alas", body="ignored")
    assert (changed.title, changed.body, list(changed.tags)) == ("Alas", post.body, ["skulls"])
    assert changed.revision == 2
    emptied = await author.update(post, "tags")
    assert list(emptied.tags) == []
    closed = await author.update(post, comments_closed=True)
    assert closed.comments_closed
    assert closed.revision == emptied.revision


async def test_a_cover_image_is_set_and_taken_away_beside_the_text(author: Blog, anybody: Blog) -> None:
    post = await author.post(cover_image_url="https://pictures.example/skull.jpg", cover_image_alt="A skull")
    await author.publish(post)
    listed = await anybody.read.ListPosts(reading.ListPostsRequest())
    assert [each.cover_image_url for each in listed.posts] == ["https://pictures.example/skull.jpg"]
    assert [each.cover_image_alt for each in listed.posts] == ["A skull"]
    other = await author.update(post, cover_image_url="http://pictures.example/grave.jpg")
    assert other.cover_image_url == "http://pictures.example/grave.jpg"
    assert (other.revision, other.body) == (post.revision, post.body), "no new text, no new revision"
    assert other.cover_image_alt == "A skull", "each of them is changed for itself"
    assert other.etag != post.etag
    assert (await author.update(post, "title", title="Alas")).cover_image_url == other.cover_image_url
    assert (await author.update(post, "cover_image_url")).cover_image_url == ""


@pytest.mark.parametrize("url", ["javascript:fire(1)", "//pictures.example/a", "skull.jpg", "https://x/" + "a" * 2048])
async def test_a_cover_image_has_a_whole_address_that_a_browser_only_fetches(author: Blog, url: str) -> None:
    assert await reason(author.post(cover_image_url=url)) == "INVALID_REQUEST"


@pytest.mark.parametrize("path", ["*", "author_id", "state", "body_html", "nonsense", "title.first", "revision"])
async def test_a_mask_that_names_anything_else_is_refused(author: Blog, path: str) -> None:
    post = await author.post()
    assert await reason(author.update(post, path, title="x")) == "INVALID_UPDATE_MASK"
    assert await author.get(post) == post


async def test_an_old_etag_changes_nothing(author: Blog) -> None:
    post = await author.post()
    await author.update(post, "title", title="Second", etag=post.etag)
    assert await reason(author.update(post, "title", title="Third", etag=post.etag)) == "ETAG_MISMATCH"


async def test_history_keeps_every_draft_and_restores_one(author: Blog, anybody: Blog) -> None:
    post = await author.post("First")
    await author.update(post, "title", title="Second")
    page = await author.history.ListPostRevisions(history.ListPostRevisionsRequest(post_id=post.id))
    assert [(each.revision, each.title) for each in page.revisions] == [(2, "Second"), (1, "First")]
    first = await author.history.GetPostRevision(history.GetPostRevisionRequest(post_id=post.id, revision=1))
    assert first.body == post.body
    request = history.RestorePostRevisionRequest(post_id=post.id, revision=1)
    restored = await author.history.RestorePostRevision(request)
    assert (restored.title, restored.revision) == ("First", 3)
    missing = history.GetPostRevisionRequest(post_id=post.id, revision=9)
    assert await reason(author.history.GetPostRevision(missing)) == "REVISION_NOT_FOUND"
    await author.publish(post)
    assert await reason(anybody.history.GetPostRevision(missing)) == "UNAUTHENTICATED"


async def test_an_empty_post_cannot_be_published(author: Blog) -> None:
    post = await author.post(body="")
    assert await reason(author.publish(post)) == "POST_STATE_CONFLICT"


async def test_a_published_post_can_be_taken_back(author: Blog, anybody: Blog) -> None:
    post = await author.publish(await author.post())
    await author.write.UnpublishPost(writing.UnpublishPostRequest(post_id=post.id))
    assert await reason(anybody.get(post)) == "POST_NOT_FOUND"


async def test_a_scheduled_post_goes_out_by_itself(author: Blog, anybody: Blog) -> None:
    post = await author.post()
    at = Timestamp()
    at.FromDatetime(datetime.now(UTC) + timedelta(seconds=0.3))
    await author.write.SchedulePost(writing.SchedulePostRequest(post_id=post.id, publish_time=at))
    for _ in range(500):
        listed = await anybody.read.ListPosts(reading.ListPostsRequest())
        if listed.posts:
            break
    assert [each.id for each in listed.posts] == [post.id]


async def test_a_deleted_post_comes_back_as_a_draft(author: Blog, anybody: Blog) -> None:
    post = await author.publish(await author.post())
    gone = await author.write.DeletePost(writing.DeletePostRequest(post_id=post.id))
    assert gone.HasField("purge_time")
    assert await author.write.DeletePost(writing.DeletePostRequest(post_id=post.id)) == gone
    assert await reason(anybody.get(post)) == "POST_NOT_FOUND"
    assert await reason(author.publish(post)) == "POST_STATE_CONFLICT"
    back = await author.write.UndeletePost(writing.UndeletePostRequest(post_id=post.id))
    assert back.state == DRAFT


async def test_lists_show_others_what_is_published_and_authors_their_own(
    service: ServiceUnderTest, author: Blog, anybody: Blog
) -> None:
    shown, draft = await author.publish(await author.post("Shown")), await author.post("Draft")

    async def ids(blog: Blog, **fields: Any) -> list[str]:
        return [each.id for each in (await blog.read.ListPosts(reading.ListPostsRequest(**fields))).posts]

    assert await ids(anybody) == [shown.id]
    assert await ids(author, author_id="me", state=DRAFT) == [draft.id]
    assert await ids(Blog(service, OTHER), state=DRAFT) == []
    assert await ids(Blog(service, OTHER), state=DRAFT, author_id=AUTHOR.account_id) == []
    assert await ids(Blog(service, MODERATOR), state=DRAFT) == [draft.id]
    refused = anybody.read.ListPosts(reading.ListPostsRequest(state=DRAFT))
    assert await reason(refused) == "UNAUTHENTICATED"
    token = reading.ListPostsRequest(page_token="made up")
    assert await reason(anybody.read.ListPosts(token)) == "INVALID_PAGE_TOKEN"


async def test_search_finds_what_readers_may_see(author: Blog, anybody: Blog) -> None:
    post = await author.post("Infinite jest")
    assert not (await anybody.read.SearchPosts(reading.SearchPostsRequest(query="jest"))).posts
    await author.publish(post)
    found = await anybody.read.SearchPosts(reading.SearchPostsRequest(query='"infinite jest"'))
    assert [each.id for each in found.posts] == [post.id]
    assert not (await anybody.read.SearchPosts(reading.SearchPostsRequest(query='"""((('))).posts


async def test_a_person_is_exported_whole_and_then_erased(
    service: ServiceUnderTest, author: Blog, anybody: Blog
) -> None:
    post = await author.publish(await author.post("Mine"))
    data = PersonalDataServiceStub(service.channel(workload="account"))
    records = data.ExportPerson(ExportPersonRequest(account_id=AUTHOR.account_id))
    assert [record.kind async for record in records] == ["post", "revision"]
    await data.ErasePerson(ErasePersonRequest(account_id=AUTHOR.account_id))
    assert await reason(anybody.get(post)) == "POST_NOT_FOUND"
    assert (await data.ErasePerson(ErasePersonRequest(account_id=AUTHOR.account_id))).records == 0
    stranger = PersonalDataServiceStub(service.channel(AUTHOR, workload="edge"))
    refused = stranger.ErasePerson(ErasePersonRequest(account_id=AUTHOR.account_id))
    assert await reason(refused) == "WORKLOAD_NOT_ALLOWED"
