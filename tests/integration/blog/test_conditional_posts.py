"""What becomes of a post can depend on its state: a stale etag changes nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hamlet.blog.v1 import post_service_pb2 as writing
from hamlet.blog.v1.post_pb2 import Post
from hamlet.blog.v1.post_service_pb2_grpc import PostServiceStub

from mesh.policy import Role
from mesh.testing.service import person, serving
from services.blog.app import blog
from services.storage.ids import uuid7
from tests.integration.account.elsinore import refusal

pytestmark = pytest.mark.slow
STALE = '"000000000000000000000000"'


async def test_every_step_of_a_posts_life_can_be_conditional() -> None:
    tomorrow = Timestamp()
    tomorrow.FromDatetime(datetime.now(UTC) + timedelta(days=1))
    async with serving(blog, "blog") as service:
        stub = PostServiceStub(service.channel(person(uuid7(), Role.ROLE_AUTHOR)))
        post = await stub.CreatePost(writing.CreatePostRequest(post=Post(title="To be", body="or not")))
        steps: list[tuple[Any, type[Any], dict[str, Any]]] = [
            (stub.SchedulePost, writing.SchedulePostRequest, {"publish_time": tomorrow}),
            (stub.PublishPost, writing.PublishPostRequest, {}),
            (stub.UnpublishPost, writing.UnpublishPostRequest, {}),
            (stub.DeletePost, writing.DeletePostRequest, {}),
            (stub.UndeletePost, writing.UndeletePostRequest, {}),
        ]
        for step, request, fields in steps:
            refused = await refusal(step(request(post_id=post.id, etag=STALE, **fields)))
            assert refused.spec.reason == "ETAG_MISMATCH", request
            before, post = post, await step(request(post_id=post.id, etag=post.etag, **fields))
            assert post.state != before.state
