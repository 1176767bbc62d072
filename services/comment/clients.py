"""What this service asks others: blog for posts, the filter for verdicts."""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass

import grpc
from hamlet.blog.v1 import post_reading_service_pb2
from hamlet.blog.v1.post_pb2 import Post, PostState
from hamlet.blog.v1.post_reading_service_pb2_grpc import PostReadingServiceStub
from hamlet.spam.v1 import spam_service_pb2
from hamlet.spam.v1.spam_service_pb2_grpc import SpamServiceStub
from hamlet.spam.v1.verdict_pb2 import Label, Verdict

from mesh.errors import ErrorReason, HamletError
from mesh.status import error_of

__all__ = ["PostFacts", "Posts", "SpamFilter"]

_MOST_REMEMBERED = 10_000
_LABELS = frozenset({Label.LABEL_HAM, Label.LABEL_UNSURE, Label.LABEL_SPAM})
_NEVER = (float("-inf"), None)


@dataclass(frozen=True, slots=True)
class PostFacts:
    """What comments need to know of a post."""

    title: str
    slug: str
    published: bool
    comments_closed: bool


class Posts:
    """Posts, as blog shows them to the caller of the call being served.

    Published posts are remembered, for `fresh` seconds in any case and for `stale` seconds while blog does not answer
    within `timeout`; what only some may see is not. Who has nothing to rely on waits for `patience` seconds.
    """

    def __init__(
        self, channel: grpc.aio.Channel, *, timeout: float, patience: float, fresh: float, stale: float
    ) -> None:
        self._stub = PostReadingServiceStub(channel)
        self._timeout, self._patience, self._fresh, self._stale = timeout, patience, fresh, stale
        self._known: OrderedDict[str, tuple[float, PostFacts]] = OrderedDict()

    async def ask(self, post_id: str) -> PostFacts:
        """What blog says now.

        Raises:
            HamletError: POST_NOT_FOUND; UNAVAILABLE if blog does not answer in time.
        """
        return await self._ask(post_id, self._patience)

    async def look_up(self, post_id: str) -> PostFacts:
        """As `ask`, for readers: what was said a moment ago will do."""
        said, facts = self._known.get(post_id, _NEVER)
        age = time.monotonic() - said
        if facts is None or age > self._stale:
            return await self._ask(post_id, self._patience)
        if age <= self._fresh:
            return facts
        try:
            return await self._ask(post_id, self._timeout)
        except HamletError as error:
            if error.reason != ErrorReason.ERROR_REASON_UNAVAILABLE:
                raise
            return facts

    async def _ask(self, post_id: str, seconds: float) -> PostFacts:
        request = post_reading_service_pb2.GetPostRequest(post_id=post_id)
        try:
            async with asyncio.timeout(seconds):
                post = await self._stub.GetPost(request, timeout=seconds)
        except grpc.aio.AioRpcError as error:
            raise self._refused(post_id, error) from None
        except TimeoutError:
            raise _unavailable("blog took too long") from None
        facts = _facts_of(post)
        if facts.published:
            self._remember(post_id, facts)
        else:
            self._known.pop(post_id, None)
        return facts

    def _refused(self, post_id: str, error: grpc.aio.AioRpcError) -> HamletError:
        answered = error_of(error)
        if answered is not None and answered.reason == ErrorReason.ERROR_REASON_POST_NOT_FOUND:
            self._known.pop(post_id, None)
            return HamletError(ErrorReason.ERROR_REASON_POST_NOT_FOUND)
        return _unavailable(f"blog answered {error.code().name}")

    def _remember(self, post_id: str, facts: PostFacts) -> None:
        self._known[post_id] = (time.monotonic(), facts)
        self._known.move_to_end(post_id)
        if len(self._known) > _MOST_REMEMBERED:
            self._known.popitem(last=False)


class SpamFilter:
    """The filter's contract."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = SpamServiceStub(channel)

    async def classify(self, request: spam_service_pb2.ClassifyRequest, *, timeout: float) -> Verdict:  # noqa: ASYNC109
        """
        Args:
            timeout: seconds, attempts that the channel repeats included.

        Raises:
            HamletError: FILTER_UNAVAILABLE, whatever the reason was that there is no verdict.
        """
        try:
            async with asyncio.timeout(timeout):
                answer = await self._stub.Classify(request, timeout=timeout)
        except grpc.aio.AioRpcError as error:
            raise _no_verdict(error.code().name) from None
        except (TimeoutError, HamletError) as error:
            raise _no_verdict(type(error).__name__) from None
        if answer.verdict.label not in _LABELS or not 0 <= answer.verdict.probability <= 1:
            raise _no_verdict("a verdict that breaks the contract")
        return answer.verdict


def _facts_of(post: Post) -> PostFacts:
    published = post.state == PostState.POST_STATE_PUBLISHED
    return PostFacts(post.title, post.slug, published, post.comments_closed)


def _unavailable(debug: str) -> HamletError:
    return HamletError(ErrorReason.ERROR_REASON_UNAVAILABLE, retry_after=1.0, debug=debug)


def _no_verdict(debug: str) -> HamletError:
    return HamletError(ErrorReason.ERROR_REASON_FILTER_UNAVAILABLE, debug=debug)
