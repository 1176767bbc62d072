"""One RPC as the server runs it, from bytes to an answer, without a connection: the real adapter, the real chain with
every interceptor, real tokens and policies; only the handler is empty, unless real ones are given.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from mesh.adapter import rpc_method_handler
from mesh.assembly import Workload
from mesh.call import Call, Interceptor, Proceed, current
from mesh.chain import ORDER, Chain
from mesh.identity.tokens import TokenVerifier
from mesh.interceptors.deadline import LongLivedCalls
from mesh.interceptors.decode import Decode
from mesh.policy import Access, Method
from mesh.telemetry import setup
from mesh.testing.service import TestMesh
from tests.security.fuzz.callers import Callers
from tests.security.fuzz.contracts import all_rpcs
from tests.security.fuzz.mutation import HEAD
from tests.security.fuzz.seeds import ID, filled
from tests.security.fuzz.stub_context import StubContext

__all__ = ["PLANTED", "Harness", "Ran", "empty_handler"]

PLANTED = b"\x7f"
"""The byte on which a planted bug raises."""
_PATIENCE = 0.05
"""Seconds after which the client of a watch goes away."""
Implementation = Callable[[Any, Any], Any]


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a call.

    Attributes:
        outcome: `OK`, or the error's code and reason.
        reached: a handler was called, with a message that was decoded and is valid.
    """

    path: str
    outcome: str
    reached: bool


class _PlantedBug(Decode):
    """Raises what nobody expects on one byte of a request."""

    async def intercept(self, call: Call, proceed: Proceed) -> None:
        if isinstance(call.request, bytes) and PLANTED in call.request:
            raise KeyError("planted")
        await super().intercept(call, proceed)


class Harness:
    """Runs inputs.

    Args:
        mesh: whose keys and trust domain count.
        loop: in which the calls run.
        handler_of: gives an RPC's handler; without it they are empty.
        known: the id of an account that exists to the handlers.
        planted: puts a bug into the chain, to see that it is found.
    """

    def __init__(
        self,
        mesh: TestMesh,
        loop: asyncio.AbstractEventLoop,
        handler_of: Callable[[Method], Implementation] | None = None,
        known: str = "",
        *,
        planted: bool = False,
    ) -> None:
        self.rpcs = all_rpcs()
        self.empty = handler_of is None
        self.callers = Callers(mesh, known)
        settings = mesh.settings
        verifier = TokenVerifier(mesh.keys(), issuer=settings.token_issuer, audience=settings.token_audience)
        workload = Workload("blog", settings, setup("blog", environment={}), None)
        interceptors: list[Interceptor] = workload.chain(verifier, LongLivedCalls())
        if planted:
            interceptors[-1] = _PlantedBug()
        chain = Chain(interceptors)
        assert chain.names == ORDER, "the whole chain is what is fuzzed"
        self._handlers = [_served(rpc, (handler_of or empty_handler)(rpc), chain) for rpc in self.rpcs]
        self._loop = loop

    @classmethod
    @contextlib.contextmanager
    def in_folder(cls, folder: Path, *, planted: bool = False) -> Iterator[Self]:
        """One with empty handlers, and a mesh that exists for it."""
        loop = asyncio.new_event_loop()
        try:
            yield cls(TestMesh.create(folder), loop, planted=planted)
        finally:
            loop.close()

    def run(self, data: bytes) -> Ran:
        """One call. An exception that leaves it has left the error boundary too, and is a crash."""
        index, payload = data[0] % len(self.rpcs), data[HEAD:]
        return self._ran(index, payload, self.callers.of(self.rpcs[index], data[1:HEAD], payload))

    def rightly(self, index: int, payload: bytes) -> Ran:
        """A call of somebody whom the contract admits."""
        return self._ran(index, payload, self.callers.right(self.rpcs[index]))

    def _ran(self, index: int, payload: bytes, context: StubContext) -> Ran:
        rpc = self.rpcs[index]
        self._loop.run_until_complete(_carried_out(self._handlers[index], rpc, payload, context))
        return Ran(rpc.path, context.outcome, context.reached)


async def _carried_out(handler: Any, rpc: Method, payload: bytes, context: StubContext) -> None:
    assert rpc.descriptor is not None
    incoming = _stream(payload) if rpc.descriptor.client_streaming else payload
    with contextlib.suppress(StubContext.Aborted):
        try:
            async with asyncio.timeout(_PATIENCE if rpc.long_lived else None):
                answer = await handler(incoming, context)
        except TimeoutError:
            context.leave()
            return
        assert rpc.descriptor.server_streaming or isinstance(answer, bytes)


async def _stream(payload: bytes) -> AsyncIterator[bytes]:
    """The message, and its halves."""
    for part in (payload, payload[: len(payload) // 2], payload[len(payload) // 2 :]):
        yield part


def _served(rpc: Method, implementation: Implementation, chain: Chain) -> Callable[..., Any]:
    """grpc's own entry to the handler of an RPC."""
    assert rpc.descriptor is not None
    up, down = rpc.descriptor.client_streaming, rpc.descriptor.server_streaming

    def marking(request: Any, context: Any) -> Any:
        if up:
            return implementation(_marked(request), context)
        current().context.reached = True  # type: ignore[attr-defined]
        return implementation(request, context)

    made = rpc_method_handler(rpc, marking, chain, client_streaming=up, server_streaming=down)
    entries = (made.unary_unary, made.unary_stream, made.stream_unary, made.stream_stream)
    return next(entry for entry in entries if entry is not None)


async def _marked(requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for request in requests:
        current().context.reached = True  # type: ignore[attr-defined]
        yield request


def empty_handler(rpc: Method) -> Implementation:
    """A handler that takes what comes, asks who owns it where it has to, and answers the same each time."""
    assert rpc.descriptor is not None
    answer = filled(rpc.descriptor.output_type, random.Random(0), everything=True)
    streamed = rpc.descriptor.client_streaming

    async def take(request: Any) -> None:
        if rpc.access == Access.ACCESS_OWNER:
            current().owns(ID)
        if streamed:
            async for _ in request:
                pass

    async def unary(request: Any, context: Any) -> Any:
        await take(request)
        return answer

    async def stream(request: Any, context: Any) -> AsyncIterator[Any]:
        await take(request)
        yield answer

    return stream if rpc.descriptor.server_streaming else unary
