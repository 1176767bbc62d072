"""Which processes make a village on one machine, what each is told, and how to see that it is ready."""

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from mesh.settings import MeshSettings
from services.cli.layout import SERVICES, Layout
from services.cli.operator import operator_channel, serves
from services.cli.supervisor import ChildSpec

__all__ = ["environment", "jaeger_binary", "plan"]

_BEFORE = {"comment": frozenset({"account", "blog"}), "edge": frozenset(SERVICES)}
_JAEGER_OTLP, _JAEGER_UI = 4317, 16686


def jaeger_binary() -> str | None:
    """The Jaeger of this machine: `JAEGER_BIN`, or `jaeger` on the PATH."""
    return os.environ.get("JAEGER_BIN") or shutil.which("jaeger")


def environment(layout: Layout, home: Path) -> dict[str, str]:
    """What every process of the village is told."""
    told = {
        "HAMLET_HOME": str(home),
        "HAMLET_LOG_FORMAT": "json",
        "HAMLET_EDGE_LISTEN": f"127.0.0.1:{layout.edge}",
        "HAMLET_EDGE_GRPC_LISTEN": f"127.0.0.1:{layout.grpc_door}",
        "HAMLET_EDGE_CACHE": "on" if layout.cached else "off",
        "HAMLET_EDGE_CACHE_METRICS_LISTEN": f"127.0.0.1:{layout.cache_metrics}",
        "HAMLET_EDGE_ADMIN_LISTEN": f"127.0.0.1:{layout.edge_admin}",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{layout.receiver}",
        "PYTHONUNBUFFERED": "1",
    }
    for name in SERVICES:
        told[f"HAMLET_{name.upper()}_LISTEN"] = f"127.0.0.1:{layout.grpc[name]}"
        told[f"HAMLET_{name.upper()}_METRICS_LISTEN"] = f"127.0.0.1:{layout.metrics[name]}"
        told[f"HAMLET_{name.upper()}_TARGET"] = f"ipv4:127.0.0.1:{layout.grpc[name]}"
    return told


def plan(layout: Layout, home: Path) -> list[ChildSpec]:
    """The processes in the order in which they come up."""
    told = environment(layout, home)
    jaeger = jaeger_binary()
    forward = os.environ.get("HAMLET_TRACES_FORWARD") or (f"127.0.0.1:{_JAEGER_OTLP}" if jaeger else "")
    receiver = _receiver(layout, home, told, forward)
    services = [_service(name, layout, home, told) for name in SERVICES]
    return [*([_jaeger(jaeger, told)] if jaeger else []), receiver, *services, *_front(layout, told)]


def _front(layout: Layout, told: Mapping[str, str]) -> list[ChildSpec]:
    """The edge, and the cache that stands before it and answers at the front door."""
    edge_port = layout.grpc_door if layout.cached else layout.edge
    edge = ChildSpec(
        "edge", _module("cli.edge"), lambda: _listens(edge_port), told, after=_BEFORE["edge"], hands_over=True
    )
    cache = ChildSpec(
        "cache", _module("cli.cache"), lambda: _listens(layout.edge), told, after=frozenset({"edge"}), hands_over=True
    )
    return [edge, cache] if layout.cached else [edge]


def _module(name: str) -> list[str]:
    return [sys.executable, "-m", f"services.{name}"]


def _service(name: str, layout: Layout, home: Path, told: Mapping[str, str]) -> ChildSpec:
    settings = MeshSettings(home=home)

    async def ready() -> bool:
        if not await _listens(layout.grpc[name]):
            return False
        async with operator_channel(settings, name, f"ipv4:127.0.0.1:{layout.grpc[name]}") as channel:
            return await serves(channel)

    after = _BEFORE.get(name, frozenset()) | {"traces"}
    return ChildSpec(name, _module(name), ready, told, after=after)


def _receiver(layout: Layout, home: Path, told: Mapping[str, str], forward: str) -> ChildSpec:
    command = [sys.executable, "-m", "mesh.telemetry.receiver"]
    command += ["--listen", f"127.0.0.1:{layout.receiver}", "--out", str(home / "traces")]
    if forward:
        command += ["--forward", forward]
    return ChildSpec("traces", command, lambda: _listens(layout.receiver), told)


def _jaeger(binary: str, told: Mapping[str, str]) -> ChildSpec:
    return ChildSpec("jaeger", [binary], lambda: _listens(_JAEGER_UI), told)


async def _listens(port: int) -> bool:
    try:
        async with asyncio.timeout(1):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
