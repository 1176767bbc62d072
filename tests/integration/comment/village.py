"""The comment service between a blog and a filter that do what a test says, over real channels."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
from hamlet.account.v1.personal_data_service_pb2_grpc import PersonalDataServiceStub
from hamlet.blog.v1 import post_reading_service_pb2
from hamlet.blog.v1.post_pb2 import Post, PostState
from hamlet.blog.v1.post_reading_service_pb2_grpc import PostReadingServiceServicer
from hamlet.comment.v1 import comment_pb2
from hamlet.comment.v1 import comment_service_pb2 as contract
from hamlet.comment.v1.comment_service_pb2_grpc import CommentServiceStub
from hamlet.comment.v1.moderation_service_pb2_grpc import ModerationServiceStub
from hamlet.spam.v1 import spam_service_pb2, verdict_pb2
from hamlet.spam.v1.spam_service_pb2_grpc import SpamServiceServicer
from opentelemetry.sdk.trace import SpanProcessor

from mesh.call import Principal
from mesh.errors import ErrorReason, HamletError
from mesh.policy import Role
from mesh.runtime import Runtime
from mesh.server import Server
from mesh.status import error_of
from mesh.testing.service import ServiceUnderTest, TestMesh, person, serving
from services.comment.app import comment

if TYPE_CHECKING:
    from hamlet.account.v1.personal_data_service_pb2_grpc import PersonalDataServiceAsyncStub
    from hamlet.comment.v1.comment_service_pb2_grpc import CommentServiceAsyncStub
    from hamlet.comment.v1.moderation_service_pb2_grpc import ModerationServiceAsyncStub

__all__ = ["FakeBlog", "FakeFilter", "Village", "draft", "reason_of", "request_id", "village"]

READER = person(str(uuid.UUID(int=1)), name="Ophelia")
OTHER = person(str(uuid.UUID(int=2)), name="Laertes")
MODERATOR = person(str(uuid.UUID(int=3)), Role.ROLE_MODERATOR, name="Polonius")


class FakeBlog(PostReadingServiceServicer):
    """Knows the posts that a test adds; `hang` makes it answer nothing."""

    def __init__(self) -> None:
        self.posts: dict[str, Post] = {}
        self.asked = 0
        self.hang = False

    def add(self, **fields: Any) -> str:
        post_id = str(uuid.uuid4())
        given = {"state": PostState.POST_STATE_PUBLISHED, "title": "A post", "slug": "a-post", **fields}
        self.posts[post_id] = Post(id=post_id, **given)
        return post_id

    async def GetPost(self, request: post_reading_service_pb2.GetPostRequest, context: Any) -> Post:
        self.asked += 1
        if self.hang:
            await asyncio.Event().wait()
        if request.post_id not in self.posts:
            raise HamletError(ErrorReason.ERROR_REASON_POST_NOT_FOUND)
        return self.posts[request.post_id]

    @asynccontextmanager
    async def application(self, _runtime: Runtime, server: Server) -> AsyncIterator[None]:
        server.add_service(post_reading_service_pb2.DESCRIPTOR.services_by_name["PostReadingService"], self)
        yield


class FakeFilter(SpamServiceServicer):
    """Calls a text with `spam` spam, one with `unsure` unsure and any other ham.

    Attributes:
        working: cleared, it hangs until it is set.
        broken: fail at once.
    """

    def __init__(self) -> None:
        self.requests: list[spam_service_pb2.ClassifyRequest] = []
        self.working = asyncio.Event()
        self.working.set()
        self.broken = False
        self.asked = asyncio.Event()

    async def Classify(self, request: spam_service_pb2.ClassifyRequest, context: Any) -> Any:
        self.requests.append(request)
        self.asked.set()
        if self.broken:
            raise HamletError(ErrorReason.ERROR_REASON_FILTER_UNAVAILABLE)
        await self.working.wait()
        return spam_service_pb2.ClassifyResponse(verdict=_verdict(request.comment.text))

    @asynccontextmanager
    async def application(self, _runtime: Runtime, server: Server) -> AsyncIterator[None]:
        server.add_service(spam_service_pb2.DESCRIPTOR.services_by_name["SpamService"], self)
        yield


def _verdict(text: str) -> verdict_pb2.Verdict:
    reasons = [verdict_pb2.Reason(code="WORDS", description="Words", weight=1.5, evidence=[text[:20]])]
    if "spam" in text:
        return verdict_pb2.Verdict(label=verdict_pb2.LABEL_SPAM, probability=0.99, reasons=reasons, model_version="1")
    if "unsure" in text:
        return verdict_pb2.Verdict(label=verdict_pb2.LABEL_UNSURE, probability=0.5, reasons=reasons, model_version="1")
    return verdict_pb2.Verdict(label=verdict_pb2.LABEL_HAM, probability=0.01, reasons=reasons, model_version="1")


@dataclass(slots=True)
class Village:
    """The comment service and its neighbours."""

    service: ServiceUnderTest
    blog: FakeBlog
    filter: FakeFilter
    _channels: dict[tuple[str, str], grpc.aio.Channel] = field(default_factory=dict)

    def comments(self, who: Principal | None = None) -> "CommentServiceAsyncStub":
        return CommentServiceStub(self.channel(who))

    def moderation(self, who: Principal | None = MODERATOR) -> "ModerationServiceAsyncStub":
        return ModerationServiceStub(self.channel(who))

    def personal_data(self, workload: str = "account") -> "PersonalDataServiceAsyncStub":
        return PersonalDataServiceStub(self.channel(None, workload))

    def channel(self, who: Principal | None, workload: str = "edge") -> grpc.aio.Channel:
        key = (who.account_id if who else "", workload)
        if key not in self._channels:
            self._channels[key] = self.service.channel(who, workload)
        return self._channels[key]

    async def write(
        self, post_id: str, text: str = "Well said.", who: Principal | None = READER, **fields: Any
    ) -> comment_pb2.Comment:
        request = contract.CreateCommentRequest(post_id=post_id, comment=draft(text, **fields))
        return await self.comments(who).CreateComment(request)

    async def listed(self, post_id: str, who: Principal | None = None) -> list[comment_pb2.Comment]:
        answer = await self.comments(who).ListComments(contract.ListCommentsRequest(post_id=post_id, page_size=100))
        return list(answer.comments)

    async def until_state(
        self, comment_id: str, state: comment_pb2.CommentState.ValueType, who: Principal = MODERATOR
    ) -> comment_pb2.Comment:
        """Waits until a comment has a state, at most ten seconds."""
        async with asyncio.timeout(10):
            while True:
                found = await self.comments(who).GetComment(contract.GetCommentRequest(comment_id=comment_id))
                if found.state == state:
                    return found
                await asyncio.sleep(0.05)


PATIENT = {
    "HAMLET_COMMENT_FILTER_TIMEOUT": "1.0",
    "HAMLET_COMMENT_ACCEPT_WITHIN": "1.5",
    "HAMLET_COMMENT_BLOG_TIMEOUT": "3.0",
    "HAMLET_COMMENT_BLOG_PATIENCE": "3.0",
}
"""Waits that a busy machine keeps, for tests that are about something else."""
AS_PROMISED = {
    "HAMLET_COMMENT_FILTER_TIMEOUT": "0.2",
    "HAMLET_COMMENT_ACCEPT_WITHIN": "0.28",
    "HAMLET_COMMENT_BLOG_TIMEOUT": "0.5",
    "HAMLET_COMMENT_BLOG_PATIENCE": "1.5",
}
"""What an operator gets who sets nothing."""


@asynccontextmanager
async def village(
    folder: Path,
    environment: Mapping[str, str] | None = None,
    *,
    database: str = "",
    processors: Sequence[SpanProcessor] = (),
) -> AsyncIterator[Village]:
    """A village that lives in `folder`.

    Args:
        environment: of the comment service.
        database: its URL; a SQLite file without one.
        processors: receive its spans.
    """
    # They answer only what comments ask.
    blog, spam_filter = FakeBlog(), FakeFilter()  # type: ignore[abstract]
    mesh = TestMesh.create(folder)
    database = database or f"sqlite:///{folder / 'comment.db'}"
    async with AsyncExitStack() as stack:
        serving_blog = await stack.enter_async_context(serving(blog.application, "blog", mesh=mesh))
        serving_filter = await stack.enter_async_context(serving(spam_filter.application, "spam", mesh=mesh))
        service = await stack.enter_async_context(
            serving(
                comment,
                "comment",
                peers={"blog": serving_blog.target, "spam": serving_filter.target},
                mesh=mesh,
                environment={"HAMLET_COMMENT_DATABASE_URL": database, **PATIENT, **(environment or {})},
                processors=processors,
            )
        )
        stack.callback(spam_filter.working.set)
        yield Village(service, blog, spam_filter)


def draft(text: str = "Well said.", **fields: Any) -> comment_pb2.Comment:
    return comment_pb2.Comment(text=text, **fields)


def request_id() -> str:
    return str(uuid.uuid4())


def reason_of(error: grpc.aio.AioRpcError) -> str:
    """The reason that a call was refused with."""
    refused = error_of(error)
    return "" if refused is None else refused.spec.reason
