"""A caller finds the replicas that came after it: a rollout replaces one after the other, in the end all of them."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from google.protobuf.wrappers_pb2 import StringValue

from mesh.channel import MeshChannel
from mesh.testing.echo import ECHO
from services.cli.layout import Layout
from tests.chaos.rollout.names import SEARCH, Names, serving_names

_PATIENCE_SECONDS = 12.0
"""Less than the half minute after which gRPC would ask for a name again by itself."""


async def _who(request: bytes, context: object) -> bytes:
    return request


@asynccontextmanager
async def replica(address: str) -> AsyncIterator[grpc.aio.Server]:
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    handlers: dict[str, Any] = {"Unary": grpc.unary_unary_rpc_method_handler(_who)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(ECHO, handlers),))
    server.add_insecure_port(address)
    await server.start()
    try:
        yield server
    finally:
        await server.stop(None)


async def test_replicas_that_leave_one_after_the_other_take_no_caller_with_them() -> None:
    first, second, third = ("127.1.0.1", "127.1.0.2", "127.1.0.3")
    # A clock that passes the time for which an answer is kept between any two questions.
    names, port = Names(itertools.count(step=10).__next__), Layout.choose(0).grpc["blog"]
    names.publish("blog", [first])
    async with (
        serving_names(names, port=0) as resolver,
        replica(f"{first}:{port}") as old,
        replica(f"{second}:{port}") as next_one,
        replica(f"{third}:{port}"),
        MeshChannel(f"dns://127.0.0.1:{resolver}/blog.{SEARCH}:{port}", interceptors=[]) as channel,
    ):
        call = channel.unary_unary(
            f"/{ECHO}/Unary",
            request_serializer=StringValue.SerializeToString,
            response_deserializer=StringValue.FromString,
        )
        for leaves, stays in ((None, [first]), (old, [second]), (next_one, [third])):
            names.publish("blog", stays)
            if leaves is not None:
                await leaves.stop(None)
            async with asyncio.timeout(_PATIENCE_SECONDS):
                # What is on its way while a replica leaves without manners may be lost with it.
                while await _refused(call):
                    pass


async def _refused(call: Any) -> bool:
    try:
        return bool((await call(StringValue(value="who"), wait_for_ready=True)).value != "who")
    except grpc.aio.AioRpcError:
        return True
