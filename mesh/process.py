"""A service as a process: starts, says when it is ready, drains on SIGTERM, and never hangs on its way out."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from mesh.assembly import Workload
from mesh.identity.credentials import CertificateFiles
from mesh.identity.keyset import KeySource, RemoteKeySet
from mesh.identity.tokens import TokenVerifier
from mesh.key_set import fetch_key_set
from mesh.loop import run as run_loop
from mesh.probes import probes
from mesh.runtime import Application, Runtime
from mesh.server import Server
from mesh.settings import EndpointSettings, MeshSettings, endpoint_of
from mesh.telemetry import configure_logs, setup

__all__ = ["Serving", "run", "serving"]

_FLUSH_SECONDS = 2.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Serving:
    """A service that is up. `health_port` is 0 where it answers no probes in plaintext."""

    server: Server
    port: int
    health_port: int = 0


@asynccontextmanager
async def serving(
    workload: Workload, application: Application, listen: str, *, keys: KeySource | None = None, health_listen: str = ""
) -> AsyncIterator[Serving]:
    """Serves an application on `host:port` until the block ends, then drains.

    Args:
        keys: what access tokens are checked against, instead of what the account service publishes.
        health_listen: `host:port` for probes without a certificate; they are answered until the drain is over.
    """
    settings = workload.settings
    runtime = Runtime(workload.name, settings, workload.telemetry, workload.connect)
    keys = keys or RemoteKeySet(lambda: fetch_key_set(runtime.channel(settings.key_set_peer)), settings.key_set_seconds)
    verifier = TokenVerifier(keys, issuer=settings.token_issuer, audience=settings.token_audience)
    server = workload.server(verifier)
    try:
        async with application(runtime, server):
            port = await server.start(listen)
            async with probes(health_listen, server.health) as health_port:
                try:
                    yield Serving(server, port, health_port)
                finally:
                    await server.stop(drain_seconds=settings.drain_seconds, grace_seconds=settings.grace_seconds)
    finally:
        await runtime.close()


def run(name: str, application: Application) -> None:
    """The entry point of a service's process. Returns when it was told to end and has drained."""
    configure_logs(name)
    settings = MeshSettings()
    telemetry = setup(name)
    telemetry.make_global()
    certificates = CertificateFiles(settings.certificates / name) if settings.sidecar is None else None
    workload = Workload(name, settings, telemetry, certificates)
    run_loop(_until_signal(workload, application, endpoint_of(name)))


async def _until_signal(workload: Workload, application: Application, endpoint: EndpointSettings) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    host, _, port = endpoint.metrics_listen.rpartition(":")
    metrics = workload.telemetry.serve_metrics(host, int(port))
    try:
        async with serving(workload, application, endpoint.listen, health_listen=endpoint.health_listen) as service:
            _log.info("serving", port=service.port)
            await ended.wait()
            _log.info("draining")
    finally:
        metrics.close()
        await asyncio.to_thread(workload.telemetry.shutdown, _FLUSH_SECONDS)
