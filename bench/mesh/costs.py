"""`python -m bench.mesh.costs`: what each interceptor adds to a call, in microseconds of CPU.

A real call comes in over mTLS; while it is open, its way is walked again and again with its own context, metadata and
bytes: first without an interceptor, then through the outermost, then the two outermost, and so on. What each adds
is the difference.
"""

import asyncio
import gc
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from hamlet.comment.v1.comment_pb2 import Comment
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from bench.mesh.call import CALLER, PATH, SERVER, SERVICE, Paperwork, body, traceparents
from mesh.adapter import new_call
from mesh.assembly import Workload
from mesh.call import Call, Interceptor, Proceed, serving
from mesh.chain import lead
from mesh.identity.credentials import channel_credentials, server_credentials
from mesh.identity.tokens import TokenVerifier
from mesh.interceptors.deadline import LongLivedCalls
from mesh.loop import new_event_loop
from mesh.policy import Method, method_of
from mesh.telemetry import setup

__all__ = ["Cost", "costs"]

_WALKS, _ROUNDS = 100, 100
Walk = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds of CPU that one part of the way adds to a call."""

    part: str
    unsampled: float
    sampled: float


def costs() -> list[Cost]:
    """The parts of a call's way, outermost first, of a caller that asks not to be sampled and of one that does."""
    with tempfile.TemporaryDirectory() as folder:
        paperwork = Paperwork.create(Path(folder))
        found: list[dict[str, float]] = []
        for percent in (0, 100):
            with asyncio.Runner(loop_factory=new_event_loop()) as runner:
                found.append(runner.run(_measured(paperwork, traceparents(percent)[0])))
    unsampled, sampled = found
    return [Cost(part, cost, sampled[part]) for part, cost in unsampled.items()]


async def _measured(paperwork: Paperwork, traceparent: str) -> dict[str, float]:
    telemetry = setup(SERVER, environment={}, processors=[BatchSpanProcessor(_Nowhere())])
    mesh = paperwork.mesh
    workload = Workload(SERVER, mesh.settings, telemetry, mesh.certificates(SERVER))
    verifier = TokenVerifier(mesh.keys(), issuer=mesh.settings.token_issuer, audience=mesh.settings.token_audience)
    bench = _WalkedAgain(workload.chain(verifier, LongLivedCalls()))
    server = grpc.aio.server()
    handler: Any = grpc.unary_unary_rpc_method_handler(bench.serve)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(SERVICE.full_name, {"UpdateComment": handler}),)
    )
    port = server.add_secure_port("127.0.0.1:0", server_credentials(mesh.certificates(SERVER)))
    await server.start()
    options = [("grpc.ssl_target_name_override", f"{SERVER}.{mesh.settings.trust_domain}")]
    credentials = channel_credentials(mesh.certificates(CALLER))
    metadata = (("authorization", f"Bearer {paperwork.token()}"), ("traceparent", traceparent))
    async with grpc.aio.secure_channel(f"127.0.0.1:{port}", credentials, options) as channel:
        call: Any = channel.unary_unary(PATH)
        await call(body(), metadata=metadata, timeout=120)
    await server.stop(None)
    telemetry.shutdown(0.1)
    return bench.found


class _Nowhere(SpanExporter):
    """Takes spans as a collector does that is no part of the measurement."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None: ...


class _WalkedAgain:
    def __init__(self, interceptors: list[Interceptor]) -> None:
        self._interceptors = interceptors
        self._method: Method = method_of(SERVICE.methods_by_name["UpdateComment"])
        self.found: dict[str, float] = {}

    async def serve(self, request: bytes, context: Any) -> bytes:
        number = len(self._interceptors)
        ways = [lead(self._interceptors[:outer], self._method, _settle) for outer in range(number + 1)]
        rounds: list[list[float]] = []
        gc.disable()
        for _ in range(_ROUNDS):
            rounds.append([await self._walk(way, request, context) for way in ways])
            gc.collect(0)
            # The loop throws cancelled timers away.
            await asyncio.sleep(0)
        gc.enable()
        # The least is what the work takes; whatever is above it, others on this machine took.
        least = [min(each) for each in zip(*rounds, strict=True)]
        self.found = {"adapter": least[0]}
        for interceptor, before, after in zip(self._interceptors, least, least[1:], strict=False):
            self.found[interceptor.name] = after - before
        return Comment().SerializeToString()

    async def _walk(self, way: Proceed, request: bytes, context: Any) -> float:
        started = time.thread_time()
        for _ in range(_WALKS):
            call = new_call(self._method, context)
            call.request = request
            serving(call)
            await way(call)
            call.response.SerializeToString()
        return (time.thread_time() - started) * 1e6 / _WALKS


_ANSWER = Comment(text="To be, or not to be. " * 20)


async def _settle(call: Call) -> None:
    call.ownership_open = False
    call.response = _ANSWER


if __name__ == "__main__":
    for each in costs():
        sys.stdout.write(f"{each.part:16s} {each.unsampled:8.1f} {each.sampled:8.1f}\n")
