"""`python -m services.cli.edge`: the edge as a process; renders Envoy's configuration and runs it until SIGTERM.

SIGHUP renders it anew and replaces Envoy without losing a connection. So does another of these that is started beside
it: it takes the sockets over, and this one drains and ends (`mesh.edge.succession`).
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

import structlog
from google.protobuf.descriptor import FileDescriptor, ServiceDescriptor
from hamlet.account.v1 import account_admin_service_pb2, account_service_pb2, session_service_pb2
from hamlet.blog.v1 import post_reading_service_pb2, post_revision_service_pb2, post_service_pb2
from hamlet.comment.v1 import comment_service_pb2, moderation_service_pb2
from hamlet.mesh.v1 import key_set_service_pb2
from hamlet.spam.v1 import spam_service_pb2

from mesh.edge import EdgeService, EdgeSettings, EnvoyProcess, Identity, Upstream, Village, write_configuration
from mesh.edge.documents import contract_documents
from mesh.edge.process import EnvoyDiedError
from mesh.edge.succession import Succession, SuccessionError
from mesh.settings import MeshSettings, endpoint_of
from mesh.telemetry import configure_logs

__all__ = ["CONTRACTS", "village"]

CONTRACTS = {
    "account": (account_service_pb2, session_service_pb2, account_admin_service_pb2, key_set_service_pb2),
    "blog": (post_service_pb2, post_reading_service_pb2, post_revision_service_pb2),
    "comment": (comment_service_pb2, moderation_service_pb2),
    "spam": (spam_service_pb2,),
}
"""Which process serves which contracts; what of them is public they say themselves."""

_LINE = "edge.line"
_log = structlog.get_logger(__name__)


def village(settings: MeshSettings) -> Village:
    """What stands behind the edge, by `HAMLET_<SERVICE>_TARGET`."""
    return Village(
        services=[
            EdgeService(service, cluster)
            for cluster, modules in CONTRACTS.items()
            for module in modules
            for service in _services(module.DESCRIPTOR)
        ],
        upstreams=[Upstream(name, _addresses(endpoint_of(name).target)) for name in CONTRACTS],
        key_set_cluster=settings.key_set_peer,
        identity=None
        if settings.sidecar
        else Identity(settings.certificates.absolute() / "edge", settings.trust_domain),
        documents=contract_documents(),
    )


def _services(file: FileDescriptor) -> list[ServiceDescriptor]:
    return list(file.services_by_name.values())


def _addresses(target: str) -> tuple[str, ...]:
    """`host:port` of each replica of a gRPC target."""
    return tuple(target.rsplit("/", 1)[-1].removeprefix("ipv4:").removeprefix("dns:").split(","))


def _collector() -> str | None:
    endpoint = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")
    return endpoint.rsplit("/", 1)[-1] or None


def _write(mesh_settings: MeshSettings, settings: EdgeSettings) -> Path:
    return write_configuration(
        village(mesh_settings),
        settings,
        mesh_settings.home.absolute() / "edge",
        issuer=mesh_settings.token_issuer,
        audience=mesh_settings.token_audience,
        collector=_collector(),
    )


async def _run() -> int:
    mesh_settings, settings = MeshSettings(), EdgeSettings()
    stop, reload = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, reload.set)
    succession = Succession(mesh_settings.home.absolute() / "edge", _LINE)
    try:
        estate = await succession.inherit()
        envoy = EnvoyProcess(_write(mesh_settings, settings), settings)
        await envoy.start(estate=estate)
        await succession.take_over()
    except SuccessionError as error:
        _log.error("the edge does not start", said=str(error))
        return 1
    ended, stopped = asyncio.create_task(envoy.wait()), asyncio.create_task(stop.wait())
    followed = asyncio.create_task(succession.until_followed(envoy.handing_over))
    replacing = asyncio.create_task(_replace_when_asked(envoy, reload, mesh_settings, settings))
    await asyncio.wait({ended, stopped, followed}, return_when=asyncio.FIRST_COMPLETED)
    for task in (stopped, replacing):
        task.cancel()
    if followed.done():
        followed.result()
        _log.info("another edge has taken over")
        succession.let_go()
        await envoy.followed()
        return 0
    followed.cancel()
    if not ended.done():
        await envoy.stop(settings.drain_seconds + settings.grace_seconds)
        return 0
    return ended.result() or 1


async def _replace_when_asked(
    envoy: EnvoyProcess, reload: asyncio.Event, mesh_settings: MeshSettings, settings: EdgeSettings
) -> None:
    while True:
        await reload.wait()
        reload.clear()
        try:
            _write(mesh_settings, settings)
            await envoy.replace()
        except (EnvoyDiedError, TimeoutError, OSError) as error:
            _log.error("the new Envoy did not come up, the old one serves on", said=str(error))


if __name__ == "__main__":
    configure_logs("edge")
    sys.exit(asyncio.run(_run()))
