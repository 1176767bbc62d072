"""One RPC as the server runs it, from bytes to an answer, without a connection: the real adapter, the real chain with
every interceptor, real tokens and policies; only the handler is empty."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import structlog
from google.protobuf.message_factory import GetMessageClass

from mesh.adapter import rpc_method_handler
from mesh.assembly import Workload
from mesh.call import Call, Interceptor, Proceed, current
from mesh.chain import Chain
from mesh.identity.tokens import TokenVerifier
from mesh.interceptors.deadline import LongLivedCalls
from mesh.interceptors.decode import Decode
from mesh.policy import Access, Method, Role
from mesh.telemetry import setup
from mesh.testing.service import TestMesh, person
from tests.security.fuzz.contracts import all_rpcs
from tests.security.fuzz.mutation import HEAD
from tests.security.fuzz.stub_context import StubContext

__all__ = ["PLANTED", "Harness", "Ran", "empty_handler"]

PLANTED = b"\x7f"
"""The byte on which a planted bug raises."""
_PEOPLE, _RENEW_EVERY = 200, 50_000
_ADDRESSES = 2**24
_ID = "0190b6a5-7c00-7000-8000-00000000dead"
Ran = tuple[str, str]
"""The RPC, and `OK` or the error's code and reason."""


class _PlantedBug(Decode):
    """Raises what nobody expects on one byte of a request."""

    async def intercept(self, call: Call, proceed: Proceed) -> None:
        if isinstance(call.request, bytes) and PLANTED in call.request:
            raise KeyError("planted")
        await super().intercept(call, proceed)


class Harness:
    """Runs inputs.

    Args:
        folder: for the keys and certificates of a mesh that exists for this.
        planted: puts a bug into the chain, to see that it is found.
    """

    def __init__(self, folder: Path, *, planted: bool = False) -> None:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        self.rpcs = all_rpcs()
        self._mesh = TestMesh.create(folder)
        settings = self._mesh.settings
        verifier = TokenVerifier(self._mesh.keys(), issuer=settings.token_issuer, audience=settings.token_audience)
        workload = Workload("blog", settings, setup("blog", environment={}), None)
        interceptors: list[Interceptor] = workload.chain(verifier, LongLivedCalls())
        if planted:
            interceptors[-1] = _PlantedBug()
        chain = Chain(interceptors)
        self._handlers = [_served(rpc, chain) for rpc in self.rpcs]
        self._loop = asyncio.new_event_loop()
        self._runs, self._tokens = 0, [""]

    def run(self, data: bytes) -> Ran:
        """One call. An exception that leaves it has left the error boundary too, and is a crash."""
        index, caller, payload = data[0] % len(self.rpcs), data[1], data[HEAD:]
        if self._runs % _RENEW_EVERY == 0:
            people = [person(f"{number:08d}{_ID[8:]}", Role.ROLE_ADMIN) for number in range(_PEOPLE)]
            self._tokens = [self._mesh.token(each) for each in people]
        self._runs += 1
        rpc = self.rpcs[index]
        context = self._context(rpc, caller, payload)
        self._loop.run_until_complete(_carried_out(self._handlers[index], rpc, payload, context))
        return rpc.path, context.outcome

    def _context(self, rpc: Method, caller: int, payload: bytes) -> StubContext:
        """Who calls, by the bits of a byte: person, workload, REST or gRPC, and headers made of the payload."""
        text = payload[:200].decode("ascii", errors="ignore")
        number = self._runs % _ADDRESSES
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        metadata: list[tuple[str, str | bytes]] = [("x-envoy-external-address", address), ("user-agent", text)]
        token = ("", self._tokens[self._runs % _PEOPLE], self._tokens[self._runs // 7 % _PEOPLE], text)[caller & 3]
        if token:
            metadata.append(("authorization", token if caller & 0x83 == 0x83 else f"Bearer {token}"))
        if caller & 4:
            metadata += [("traceparent", text), ("tracestate", text), ("baggage", text), ("uber-trace-id", text)]
        if caller & 8:
            metadata += [("x-envoy-original-path", text or "/v1/posts"), ("if-match", text), ("last-event-id", text)]
            metadata += [("idempotency-key", text), ("if-none-match", text), ("trace-bin", payload[:50])]
        workload = "" if caller & 0x70 == 0x70 else self._workload(rpc, alone=bool(caller & 0x40))
        return StubContext(workload, metadata, self._mesh.settings.trust_domain)

    @staticmethod
    def _workload(rpc: Method, *, alone: bool) -> str:
        if alone and rpc.autonomous_workloads:
            return min(rpc.autonomous_workloads)
        return "edge" if rpc.admits_workload("edge") else min(rpc.workloads)


async def _carried_out(handler: Any, rpc: Method, payload: bytes, context: StubContext) -> None:
    assert rpc.descriptor is not None
    incoming = _stream(payload) if rpc.descriptor.client_streaming else payload
    with contextlib.suppress(StubContext.Aborted):
        await handler(incoming, context)


async def _stream(payload: bytes) -> AsyncIterator[bytes]:
    """The message, and its halves."""
    for part in (payload, payload[: len(payload) // 2], payload[len(payload) // 2 :]):
        yield part


def _served(rpc: Method, chain: Chain) -> Callable[..., Any]:
    """grpc's own entry to the handler of an RPC."""
    assert rpc.descriptor is not None
    up, down = rpc.descriptor.client_streaming, rpc.descriptor.server_streaming
    made = rpc_method_handler(rpc, empty_handler(rpc), chain, client_streaming=up, server_streaming=down)
    entries = (made.unary_unary, made.unary_stream, made.stream_unary, made.stream_stream)
    return next(entry for entry in entries if entry is not None)


def empty_handler(rpc: Method) -> Callable[[Any, Any], Any]:
    """A handler that takes what comes, asks who owns it where it has to, and answers nothing in particular."""
    assert rpc.descriptor is not None
    answer = GetMessageClass(rpc.descriptor.output_type)
    streamed = rpc.descriptor.client_streaming

    async def take(request: Any) -> None:
        if rpc.access == Access.ACCESS_OWNER:
            current().owns(_ID)
        if streamed:
            async for _ in request:
                pass

    async def unary(request: Any, context: Any) -> Any:
        await take(request)
        return answer()

    async def stream(request: Any, context: Any) -> AsyncIterator[Any]:
        await take(request)
        yield answer()

    return stream if rpc.descriptor.server_streaming else unary
