"""A server with the four kinds of RPC behind the real chain, whose answers a test chooses by what it says."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import grpc
from google.protobuf.wrappers_pb2 import StringValue

from mesh.adapter import rpc_method_handler
from mesh.call import Call, Interceptor, Proceed
from mesh.chain import ORDER, Chain
from mesh.errors import ErrorReason, HamletError
from mesh.interceptors.cancel_guard import CancelGuard
from mesh.interceptors.deadline import DeadlineInterceptor, LongLivedCalls
from mesh.interceptors.errors import ErrorBoundary
from mesh.policy import Access, Method, Role

__all__ = ["ECHO", "EchoServer", "echo_stub", "words"]

ECHO = "hamlet.test.v1.EchoService"
KINDS = {"Unary": (False, False), "Down": (False, True), "Up": (True, False), "Both": (True, True)}


class EchoServicer:
    """`missing` is an ordinary 404, `crash` an exception that nobody meant, `hang` never ends; the rest comes back."""

    def __init__(self) -> None:
        self.hanging = asyncio.Event()

    async def Unary(self, request: bytes, context: Any) -> StringValue:
        return await self._answer(StringValue.FromString(request).value)

    async def Down(self, request: bytes, context: Any) -> AsyncIterator[StringValue]:
        for word in StringValue.FromString(request).value.split():
            yield await self._answer(word)

    async def Up(self, requests: AsyncIterator[bytes], context: Any) -> StringValue:
        heard = [await self._answer(StringValue.FromString(each).value) async for each in requests]
        return StringValue(value=" ".join(each.value for each in heard))

    async def Both(self, requests: AsyncIterator[bytes], context: Any) -> None:
        """Answers with `context.write`, the other way to stream."""
        async for each in requests:
            await context.write(await self._answer(StringValue.FromString(each).value))

    async def _answer(self, word: str) -> StringValue:
        if word == "missing":
            raise HamletError(ErrorReason.ERROR_REASON_POST_NOT_FOUND)
        if word == "crash":
            raise ValueError("what a person wrote")
        if word == "hang":
            self.hanging.set()
            await asyncio.Event().wait()
        return StringValue(value=word)


class EchoServer:
    """The echo service on a free port, behind error boundary, cancel guard, deadline and the `observers` given.

    Use it as an async context manager; `address` is where it listens.
    """

    def __init__(self, observers: Sequence[Interceptor] = (), servicer: Any = None) -> None:
        self.servicer = servicer or EchoServicer()
        needed: list[Interceptor] = [ErrorBoundary(), CancelGuard(), DeadlineInterceptor(LongLivedCalls())]
        needed += [_Absent("authorization"), _Absent("decode"), *observers]
        self._chain = Chain(sorted(needed, key=lambda each: ORDER.index(each.name)))
        self._server = grpc.aio.server()
        self.address = ""

    async def __aenter__(self) -> "EchoServer":
        handlers = {
            name: rpc_method_handler(
                echo_method(name), getattr(self.servicer, name), self._chain, client_streaming=up, server_streaming=down
            )
            for name, (up, down) in KINDS.items()
        }
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(ECHO, handlers),))
        port = self._server.add_insecure_port("127.0.0.1:0")
        await self._server.start()
        self.address = f"127.0.0.1:{port}"
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._server.stop(0)


class _Absent(Interceptor):
    """Takes the place of an interceptor that the chain insists on and these tests do not need."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def intercept(self, call: Call, proceed: Proceed) -> None:
        await proceed(call)


def echo_method(name: str) -> Method:
    """A method of the echo service with a policy that admits everybody."""
    return Method(
        path=f"/{ECHO}/{name}",
        access=Access.ACCESS_PUBLIC,
        role=Role.ROLE_UNSPECIFIED,
        owner_override=Role.ROLE_UNSPECIFIED,
        workloads=frozenset({"*"}),
        autonomous_workloads=frozenset(),
        deadline=5.0,
        rate_limit=None,
        edge_cache=None,
        idempotent=False,
        long_lived=False,
    )


def echo_stub(channel: grpc.aio.Channel, kind: str) -> Any:
    """The multicallable of one kind: `Unary`, `Down`, `Up` or `Both`."""
    make = {
        "Unary": channel.unary_unary,
        "Down": channel.unary_stream,
        "Up": channel.stream_unary,
        "Both": channel.stream_stream,
    }[kind]
    return make(
        f"/{ECHO}/{kind}",
        request_serializer=StringValue.SerializeToString,
        response_deserializer=StringValue.FromString,
    )


async def words(*said: str) -> AsyncIterator[StringValue]:
    """A request stream."""
    for word in said:
        yield StringValue(value=word)
