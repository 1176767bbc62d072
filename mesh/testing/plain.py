"""A grpc.aio server without the mesh, as another team writes it: what works, and what visibly does not, without us."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import grpc
from google.protobuf.wrappers_pb2 import StringValue

from mesh.testing.echo import ECHO

__all__ = ["PlainServer"]


class PlainServer:
    """The echo service on a free port; `missing` aborts with NOT_FOUND, `crash` raises, `hang` never ends.

    Use it as an async context manager; `address` is where it listens.
    """

    def __init__(self, interceptors: Sequence[grpc.aio.ServerInterceptor] = ()) -> None:
        self.hanging = asyncio.Event()
        self.address = ""
        self._server = grpc.aio.server(interceptors=list(interceptors))

    async def __aenter__(self) -> "PlainServer":
        coding: dict[str, Any] = {
            "request_deserializer": StringValue.FromString,
            "response_serializer": StringValue.SerializeToString,
        }
        handlers: dict[str, Any] = {
            "Unary": grpc.unary_unary_rpc_method_handler(self._unary, **coding),
            "Down": grpc.unary_stream_rpc_method_handler(self._down, **coding),
            "Both": grpc.stream_stream_rpc_method_handler(self._both, **coding),
        }
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(ECHO, handlers),))
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        await self._server.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._server.stop(0)

    async def _unary(self, request: StringValue, context: Any) -> StringValue:
        return await self._answer(request.value, context)

    async def _down(self, request: StringValue, context: Any) -> AsyncIterator[StringValue]:
        for word in request.value.split():
            yield await self._answer(word, context)

    async def _both(self, requests: Any, context: Any) -> None:
        while (request := await context.read()) is not grpc.aio.EOF:
            await context.write(await self._answer(request.value, context))

    async def _answer(self, word: str, context: Any) -> StringValue:
        if word == "missing":
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such post")
        if word == "crash":
            raise ValueError("what a person wrote")
        if word == "hang":
            self.hanging.set()
            await asyncio.Event().wait()
        return StringValue(value=word)
