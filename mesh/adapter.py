"""One shape for the four kinds of RPC: grpc.aio's handlers on the outside, `Call` and `Chain` on the inside.

Handlers are registered without serializers, so that decoding happens inside the chain and a message that cannot be
decoded is the client's fault (INVALID_ARGUMENT) rather than grpc.aio's UNKNOWN.
"""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

import grpc
from google.protobuf.message import Message

from mesh.call import Call, serving
from mesh.chain import Chain
from mesh.http import answer_headers, is_rest, stream_headers
from mesh.policy import Method

__all__ = ["AbortedByHandlerError", "HandlerContext", "new_call", "rpc_method_handler"]

Implementation = Callable[[Any, Any], Any]
Context = grpc.aio.ServicerContext[Any, Any]


class AbortedByHandlerError(Exception):
    """A servicer that is not ours (health, reflection, channelz) called `context.abort`."""

    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        super().__init__(code.name)
        self.code, self.details = code, details


class HandlerContext:
    """What a servicer gets for its context: grpc's own, but answers leave through the chain."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call.context, name)

    async def write(self, message: Message) -> None:
        assert self._call.send is not None  # noqa: S101
        await self._call.send(message)

    async def abort(self, code: grpc.StatusCode, details: str = "", trailing_metadata: Any = ()) -> NoReturn:
        raise AbortedByHandlerError(code, details)


def rpc_method_handler(
    method: Method, implementation: Implementation, chain: Chain, *, client_streaming: bool, server_streaming: bool
) -> "grpc.RpcMethodHandler[Any, Any]":
    """A grpc handler that runs `implementation` (a servicer's bound method) behind the chain."""
    handler = _streaming_handler(implementation) if server_streaming else _unary_handler(implementation)

    lead = chain.lead(method, handler)

    async def serve(incoming: Any, context: Context) -> bytes | None:
        call = new_call(method, context)
        if client_streaming:
            call.requests = incoming
        else:
            call.request = incoming
        if server_streaming:
            call.send = _sender(call)
        serving(call)
        await lead(call)
        if server_streaming:
            return None
        answer: bytes = call.response.SerializeToString()
        if is_rest(call):
            await context.send_initial_metadata(answer_headers(call, answer))
        return answer

    kinds: dict[tuple[bool, bool], Any] = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, False): grpc.stream_unary_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }
    make = kinds[client_streaming, server_streaming]
    made: grpc.RpcMethodHandler[Any, Any] = make(serve, request_deserializer=None, response_serializer=None)
    return made


def _unary_handler(implementation: Implementation) -> Callable[[Call], Awaitable[None]]:
    async def handle(call: Call) -> None:
        call.response = await implementation(_incoming(call), HandlerContext(call))

    return handle


def _streaming_handler(implementation: Implementation) -> Callable[[Call], Awaitable[None]]:
    async def handle(call: Call) -> None:
        answers = implementation(_incoming(call), HandlerContext(call))
        if inspect.isawaitable(answers):
            await answers
            return
        try:
            async for answer in answers:
                assert call.send is not None  # noqa: S101
                await call.send(answer)
        finally:
            await answers.aclose()

    return handle


def _incoming(call: Call) -> Any:
    return call.request if call.requests is None else call.requests


def _sender(call: Call) -> Callable[[Message], Awaitable[None]]:
    begun = False

    async def send(message: Message) -> None:
        nonlocal begun
        if not begun:
            begun = True
            if is_rest(call):
                await call.context.send_initial_metadata(stream_headers(call))
        await call.context.write(message.SerializeToString())

    return send


def new_call(method: Method, context: Context) -> Call:
    """A call as it comes in, before any interceptor saw it."""
    pairs: Any = context.invocation_metadata() or ()
    return Call(method, context, {key: value for key, value in pairs if isinstance(value, str)})
