"""`python -m bench.mesh`: what the mesh takes of a server's throughput, and where. The last line is one JSON object."""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.machine import description
from bench.mesh.call import CALLER, PATH, SERVER, Paperwork, body, traceparents
from bench.mesh.costs import Cost, costs
from bench.mesh.load import Connection, Headers, client_tls
from bench.mesh.processes import collector, running, share_cores
from bench.mesh.proof import refuse_untrue
from bench.mesh.rounds import BASE, CONNECTIONS, STREAMS, Contestant, Result, compete

_PACKAGES = ("grpcio", "protobuf", "protovalidate", "opentelemetry-sdk", "opentelemetry-instrumentation-grpc", "uvloop")
_CONTESTANTS = {
    # name: variant of the server, TLS, percent of the calls whose callers ask to be sampled, what it is
    BASE: ("bare", False, 5, "grpc.aio alone, plaintext"),
    "bare_tls": ("bare_tls", True, 5, "grpc.aio alone, mTLS"),
    "bare_uvloop": ("bare_uvloop", False, 5, "grpc.aio alone, plaintext, on uvloop"),
    "ours_5": ("ours", True, 5, "the mesh, 5 % sampled"),
    "ours_100": ("ours", True, 100, "the mesh, 100 % sampled"),
    "ours_0": ("ours", True, 0, "the mesh, nothing sampled"),
    "ours_asyncio_5": ("ours_asyncio", True, 5, "the mesh on asyncio's own loop, 5 % sampled"),
    "ours_new_tokens_5": ("ours_new_tokens", True, 5, "the mesh, each token checked as if new, 5 % sampled"),
    "contrib_5": ("contrib", False, 5, "grpc.aio, plaintext, contributed instrumentation, 5 % sampled"),
}


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.mesh", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=1.2, help="for each variant in each round")
    given = parser.parse_args()
    machine = description(_PACKAGES)
    _table("the machine", ["", ""], [[name, value] for name, value in machine.items()])
    core = share_cores()
    results = _competed(core, given.rounds, given.seconds)
    _table("servers", ["", "calls/s", "of bare", "server us/call", "of bare by CPU", "load us/call"], _rows(results))
    parts = costs()
    _table("microseconds of CPU in a call", ["", "unsampled", "sampled"], _cost_rows(parts))
    sys.stdout.write(json.dumps(_summary(results, parts, given.rounds)) + "\n")


def _competed(core: str, rounds: int, seconds: float) -> dict[str, Result]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        paperwork = Paperwork.create(folder)
        endpoint = stack.enter_context(collector(folder / "traces"))
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
        tls, token = client_tls(folder / "certs" / CALLER), paperwork.token()
        contestants = {}
        for name, (variant, encrypted, percent, _) in _CONTESTANTS.items():
            server = stack.enter_context(running(variant, folder, core, environment))
            calls = Headers(PATH, f"{SERVER}.{paperwork.mesh.settings.trust_domain}", token, traceparents(percent))
            connections = [
                Connection(server.port, tls if encrypted else None, calls, body(), STREAMS) for _ in range(CONNECTIONS)
            ]
            stack.callback(_closed, connections)
            contestants[name] = Contestant(server, connections)
        results = compete(contestants, rounds, seconds)
        for name, contestant in contestants.items():
            refuse_untrue(name, contestant.server, results[name].calls + CONNECTIONS)
    return results


def _closed(connections: Sequence[Connection]) -> None:
    for connection in connections:
        connection.close()


def _rows(results: Mapping[str, Result]) -> list[list[str]]:
    base = results[BASE]
    return [
        [
            _CONTESTANTS[name][3],
            f"{statistics.median(result.rps):.0f}",
            f"{result.ratio(base):.2f}",
            f"{statistics.median(result.server_us):.0f}",
            f"{result.cpu_ratio(base):.2f}",
            f"{statistics.median(result.load_us):.0f}",
        ]
        for name, result in results.items()
    ]


def _cost_rows(parts: Sequence[Cost]) -> list[list[str]]:
    total = Cost("all", sum(part.unsampled for part in parts), sum(part.sampled for part in parts))
    return [[part.part, f"{part.unsampled:.1f}", f"{part.sampled:.1f}"] for part in (*parts, total)]


def _summary(results: Mapping[str, Result], parts: Sequence[Cost], rounds: int) -> dict[str, object]:
    base = results[BASE]
    ratios = {f"ratio_{name}": round(result.ratio(base), 3) for name, result in results.items() if name != BASE}
    by_cpu = {name: round(result.cpu_ratio(base), 3) for name, result in results.items() if name != BASE}
    return {
        "ratio_5": ratios.pop("ratio_ours_5"),
        "ratio_100": ratios.pop("ratio_ours_100"),
        "contrib_ratio_5": ratios.pop("ratio_contrib_5"),
        **ratios,
        "bare_rps": round(statistics.median(base.rps)),
        "rounds": rounds,
        "by_cpu": by_cpu,
        "costs_us": {part.part: [round(part.unsampled, 1), round(part.sampled, 1)] for part in parts},
    }


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    lines = [heads, ["---"] * len(heads), *rows]
    sys.stdout.write(f"\n### {title}\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _main()
