"""Services that call each other, for what only shows over several hops."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import grpc
from hamlet.blog.v1 import post_reading_service_pb2
from hamlet.blog.v1.post_pb2 import Post
from hamlet.blog.v1.post_reading_service_pb2 import GetPostRequest
from hamlet.blog.v1.post_reading_service_pb2_grpc import PostReadingServiceServicer, PostReadingServiceStub

from mesh.call import current
from mesh.errors import ErrorReason, HamletError
from mesh.runtime import Runtime
from mesh.server import Server

__all__ = ["POST", "Hop", "Reader", "serves"]

POST = GetPostRequest(post_id="0190b6a5-7c00-7000-8000-000000000001")


class Reader(PostReadingServiceServicer):
    """Serves posts that nobody looks up."""

    async def LookUpPost(self, request: Any, context: Any) -> Any:
        raise HamletError(ErrorReason.ERROR_REASON_POST_NOT_FOUND)

    async def ListPosts(self, request: Any, context: Any) -> Any:
        raise HamletError(ErrorReason.ERROR_REASON_UNAVAILABLE)

    async def SearchPosts(self, request: Any, context: Any) -> Any:
        raise HamletError(ErrorReason.ERROR_REASON_UNAVAILABLE)

    async def GetPost(self, request: GetPostRequest, context: Any) -> Post:
        return Post(id=request.post_id)


class Hop(Reader):
    """Asks the next hop; the last one never answers. Notes what was left to it and when it was stopped."""

    def __init__(self, onward: grpc.aio.Channel | None) -> None:
        self._onward = None if onward is None else PostReadingServiceStub(onward)
        self.left: list[float] = []
        self.reached, self.stopped = asyncio.Event(), asyncio.Event()

    async def GetPost(self, request: GetPostRequest, context: Any) -> Post:
        self.left.append(current().deadline.remaining() or 0.0)
        self.reached.set()
        try:
            if self._onward is None:
                await asyncio.Event().wait()
            else:
                return await self._onward.GetPost(request)
        finally:
            self.stopped.set()
        raise AssertionError("unreachable")


def serves(
    make: Callable[[Runtime], PostReadingServiceServicer],
) -> Callable[[Runtime, Server], AbstractAsyncContextManager[None]]:
    """An application of one servicer."""

    @asynccontextmanager
    async def application(runtime: Runtime, server: Server) -> AsyncIterator[None]:
        server.add_service(post_reading_service_pb2.DESCRIPTOR.services_by_name["PostReadingService"], make(runtime))
        yield

    return application
