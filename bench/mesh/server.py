"""`python -m bench.mesh.server VARIANT FOLDER`: one server to be measured, in a process of its own.

It prints a line of JSON with its ports and runs until its standard input closes.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
from hamlet.comment.v1.comment_pb2 import Comment
from hamlet.comment.v1.comment_service_pb2 import UpdateCommentRequest
from hamlet.comment.v1.comment_service_pb2_grpc import (
    CommentServiceServicer,
    add_CommentServiceServicer_to_server,
)

from bench.mesh.call import KEYS, SERVER, SERVICE
from mesh.assembly import Workload
from mesh.call import current
from mesh.identity.credentials import CertificateFiles, server_credentials
from mesh.identity.keyset import StaticKeySet
from mesh.identity.tokens import TokenVerifier
from mesh.loop import run as run_loop
from mesh.settings import MeshSettings
from mesh.telemetry import setup

__all__ = ["VARIANTS"]

LOOPBACK = "127.0.0.1:0"


async def update_own(request: UpdateCommentRequest, context: Any) -> Comment:
    """Answers with the comment that came, once it is known whose it is."""
    current().require_owner(request.comment.author_id)
    return request.comment


async def update(request: UpdateCommentRequest, context: Any) -> Comment:
    return request.comment


def servicer(update_comment: Any) -> Any:
    """A servicer that implements one RPC of its contract."""
    return type("Echo", (CommentServiceServicer,), {"UpdateComment": staticmethod(update_comment)})()


@asynccontextmanager
async def ours(folder: Path, *, remembered: int = 4096) -> AsyncIterator[dict[str, int]]:
    """The whole chain as a service has it, spans exported, metrics served."""
    settings = MeshSettings(home=folder, drain_seconds=0.0, grace_seconds=1.0)
    telemetry = setup(SERVER)
    telemetry.make_global()
    keys = StaticKeySet(json.loads((folder / KEYS).read_text()))
    verifier = TokenVerifier(
        keys, issuer=settings.token_issuer, audience=settings.token_audience, remembered=remembered
    )
    workload = Workload(SERVER, settings, telemetry, CertificateFiles(settings.certificates / SERVER))
    server = workload.server(verifier)
    server.add_service(SERVICE, servicer(update_own))
    metrics = telemetry.serve_metrics()
    yield {"port": await server.start(LOOPBACK), "metrics": metrics.port}
    await server.stop(drain_seconds=0.0, grace_seconds=1.0)
    metrics.close()
    telemetry.shutdown()


@asynccontextmanager
async def forgetful(folder: Path) -> AsyncIterator[dict[str, int]]:
    """Ours without the memory of tokens: each is checked as if it were new."""
    async with ours(folder, remembered=0) as ports:
        yield ports


@asynccontextmanager
async def bare(folder: Path, *, tls: bool = False, interceptors: Any = ()) -> AsyncIterator[dict[str, int]]:
    """grpc.aio alone."""
    server = grpc.aio.server(interceptors=interceptors)
    add_CommentServiceServicer_to_server(servicer(update), server)
    if tls:
        files = CertificateFiles(folder / "certs" / SERVER)
        port = server.add_secure_port(LOOPBACK, server_credentials(files))
    else:
        port = server.add_insecure_port(LOOPBACK)
    await server.start()
    yield {"port": port}
    await server.stop(1.0)


@asynccontextmanager
async def bare_tls(folder: Path) -> AsyncIterator[dict[str, int]]:
    """grpc.aio with the same certificates."""
    async with bare(folder, tls=True) as ports:
        yield ports


@asynccontextmanager
async def contributed(folder: Path) -> AsyncIterator[dict[str, int]]:
    """grpc.aio with `opentelemetry-instrumentation-grpc` and the SDK's exporter, as their pages show it."""
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.grpc import aio_server_interceptor
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": SERVER}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    interceptor = aio_server_interceptor(tracer_provider=provider)  # type: ignore[no-untyped-call]
    async with bare(folder, interceptors=[interceptor]) as ports:
        yield ports
    provider.shutdown()


VARIANTS: dict[str, Any] = {
    "bare": bare,
    "bare_uvloop": bare,
    "bare_tls": bare_tls,
    "ours": ours,
    "ours_asyncio": ours,
    "ours_new_tokens": forgetful,
    "contrib": contributed,
}
_ON_UVLOOP = {"bare_uvloop", "ours", "ours_new_tokens"}


async def _run(variant: str, folder: Path) -> None:
    async with VARIANTS[variant](folder) as ports:
        sys.stdout.write(json.dumps({"pid": os.getpid(), **ports}) + "\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.mesh.server", description=__doc__)
    parser.add_argument("variant", choices=VARIANTS)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    main = _run(given.variant, given.folder)
    run_loop(main, {"HAMLET_EVENT_LOOP": "uvloop" if given.variant in _ON_UVLOOP else "asyncio"})


if __name__ == "__main__":
    _main()
