"""A call as the interceptors would have filled it in, for tests of what storage does with it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

import grpc
from hamlet.blog.v1 import post_service_pb2

from mesh.call import Call, Caller, Principal, serving
from mesh.deadline import Deadline
from mesh.policy import Role, method_of

Result = TypeVar("Result")

_CREATE_POST = post_service_pb2.DESCRIPTOR.services_by_name["PostService"].methods_by_name["CreatePost"]


def call_of(account_id: str = "", *, seconds: float | None = 5.0, ownership_open: bool = False) -> Call:
    """A CreatePost call of a signed-in author, or of nobody."""
    principal = Principal(account_id, Role.ROLE_AUTHOR) if account_id else None
    return Call(
        method=method_of(_CREATE_POST),
        context=cast("grpc.aio.ServicerContext[object, object]", None),
        metadata={},
        deadline=Deadline.after(seconds),
        caller=Caller(workload="edge", principal=principal),
        ownership_open=ownership_open,
    )


async def served(call: Call, work: Callable[[], Awaitable[Result]]) -> Result:
    """Runs work as the handler of a call, in a task of its own as the server does."""

    async def handle() -> Result:
        serving(call)
        return await work()

    return await asyncio.create_task(handle())
