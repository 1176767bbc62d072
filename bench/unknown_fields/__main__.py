"""`python -m bench.unknown_fields`: POST of a comment through two Envoys to one service, A B A B, one with a check of
its fields in front of the transcoder; the last line is one JSON object.

The service answers at once: what is compared is the edge. Its time on the CPU is Envoy's own, from /proc, because wall
time on a shared machine is everybody's.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import Descriptor
from hamlet.comment.v1 import comment_pb2, comment_service_pb2
from hamlet.comment.v1.comment_service_pb2_grpc import CommentServiceServicer

from bench.wrk import Load, wrk
from mesh.edge import EdgeService, EdgeSettings, Upstream, Village, write_configuration
from mesh.edge.doors import REST
from mesh.edge.process import EnvoyProcess
from mesh.edge.typed import extension
from mesh.interceptors.authorization import AuthorizationInterceptor
from mesh.interceptors.cancel_guard import CancelGuard
from mesh.interceptors.deadline import DeadlineInterceptor, LongLivedCalls
from mesh.interceptors.decode import Decode
from mesh.interceptors.errors import ErrorBoundary
from mesh.interceptors.identity import IdentityInterceptor
from mesh.server import Server

_POST = "/v1/posts/01890a5d-ac96-774b-bcce-b302099a8057/comments"
_ROUNDS, _SECONDS, _CONNECTIONS = 4, 5, 16
_HERE = Path(__file__).parent
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Run:
    """One round: what wrk saw, and microseconds of Envoy's CPU for each request."""

    load: Load
    cpu_us: float


class _Commenting(CommentServiceServicer):
    async def CreateComment(self, request: comment_service_pb2.CreateCommentRequest, context: Any) -> Any:
        return comment_pb2.Comment(text=request.comment.text)


@asynccontextmanager
async def _service() -> AsyncIterator[Village]:
    long_lived = LongLivedCalls()
    identity = IdentityInterceptor(None, trust_domain="hamlet.test", assume_workload="edge")
    chain = [ErrorBoundary(), CancelGuard(), DeadlineInterceptor(long_lived), identity, AuthorizationInterceptor()]
    server = Server(interceptors=[*chain, Decode()], long_lived=long_lived, credentials=None)
    service = comment_service_pb2.DESCRIPTOR.services_by_name["CommentService"]
    server.add_service(service, _Commenting())  # type: ignore[abstract] # it answers what is asked here
    port = await server.start("127.0.0.1:0")
    yield Village([EdgeService(service, "comment")], [Upstream("comment", (f"127.0.0.1:{port}",))], "comment")
    await server.stop(drain_seconds=0, grace_seconds=0)


@asynccontextmanager
async def _envoy(village: Village, folder: Path, *, checks: bool) -> AsyncIterator[tuple[EnvoyProcess, int]]:
    free = {"listen": "127.0.0.1:0", "grpc_listen": "127.0.0.1:0", "admin_listen": "127.0.0.1:0"}
    settings = EdgeSettings(cache=False, concurrency=1, trusted_hops=1).model_copy(update=free)
    bootstrap = write_configuration(village, settings, folder, issuer="hamlet", audience="hamlet", collector=None)
    if checks:
        _check_fields(bootstrap)
    with (folder / "envoy.log").open("wb") as log:
        process = EnvoyProcess(bootstrap, settings, log_output=log.fileno())
        await process.start()
        try:
            yield process, await process.admin.port(REST)
        finally:
            await process.stop(grace=1.0)


def _check_fields(bootstrap: Path) -> None:
    config = json.loads(bootstrap.read_text())
    code = f"local FIELDS = {_fields(comment_pb2.Comment.DESCRIPTOR)}\n{(_HERE / 'check.lua').read_text()}"
    check = extension(
        "envoy.filters.http.lua", "extensions.filters.http.lua.v3.Lua", default_source_code={"inline_string": code}
    )
    for listener in config["static_resources"]["listeners"]:
        for chain in listener["filter_chains"]:
            filters = chain["filters"][0]["typed_config"].get("http_filters", [])
            if any("transcoder" in each["name"] for each in filters):
                filters.insert(0, {**check, "name": "unknown_fields"})
    bootstrap.write_text(json.dumps(config))


def _fields(message: Descriptor, depth: int = 3) -> str:
    """As a Lua table; both spellings of a name, as proto3's JSON has them."""
    entries = []
    for field in message.fields:
        inner = field.message_type
        own = inner is not None and inner.full_name.startswith("hamlet.") and depth > 0
        value = _fields(inner, depth - 1) if own and inner is not None else "true"
        entries += [f'["{name}"]={value}' for name in {field.name, field.json_name}]
    return "{" + ",".join(entries) + "}"


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


async def _round(process: EnvoyProcess, port: int) -> Run:
    before = _cpu_seconds(process.pid)
    url, script = f"http://127.0.0.1:{port}{_POST}", _HERE / "comment.lua"
    load = await asyncio.to_thread(wrk, url, connections=_CONNECTIONS, seconds=_SECONDS, script=script)
    return Run(load, (_cpu_seconds(process.pid) - before) / load.requests * 1e6)


async def measure() -> dict[str, list[Run]]:
    runs: dict[str, list[Run]] = {"as it is": [], "with a check": []}
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        village = await stack.enter_async_context(_service())
        sides = {
            name: await stack.enter_async_context(_envoy(village, folder / f"{number}", checks=number == 1))
            for number, name in enumerate(runs)
        }
        for _ in range(_ROUNDS):
            for name, side in sides.items():
                runs[name].append(await _round(*side))
    return runs


def main() -> int:
    result: dict[str, float] = {}
    for name, runs in asyncio.run(measure()).items():
        key = "check" if name.startswith("with") else "plain"
        figures = {
            "rps": statistics.median(run.load.rps for run in runs),
            "p50_ms": statistics.median(run.load.p50_ms for run in runs),
            "p99_ms": statistics.median(run.load.p99_ms for run in runs),
            "envoy_cpu_us": statistics.median(run.cpu_us for run in runs),
        }
        print(f"{name:14}", *(f"{label} {value:10,.2f}" for label, value in figures.items()))
        result |= {f"{key}_{label}": round(value, 2) for label, value in figures.items()}
        result[f"{key}_errors"] = sum(run.load.errors for run in runs)
    print(json.dumps(result))
    return 1 if result["plain_errors"] or result["check_errors"] else 0


if __name__ == "__main__":
    sys.exit(main())
