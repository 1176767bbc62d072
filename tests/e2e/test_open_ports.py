"""What a port scan of a running village finds: two doors, and behind certificates or on loopback all the rest."""

import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import grpc
import pytest

from mesh.identity.credentials import CertificateFiles, channel_credentials, server_name
from mesh.settings import MeshSettings
from services.cli.layout import SERVICES
from tests.e2e.listening import listening
from tests.e2e.running import Village

pytestmark = pytest.mark.slow

_INSIDE = {
    "reflection": "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "reflection v1alpha": "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    "channelz": "/grpc.channelz.v1.Channelz/GetServers",
    "health": "/grpc.health.v1.Health/Check",
}
_FOR_OPERATORS = [name for name in _INSIDE if name != "health"]
_LIST_SERVICES = b"\x3a\x01*"


def test_everything_listens_on_loopback_and_nothing_that_nobody_named(village: Village) -> None:
    layout = village.layout
    named = {layout.edge, layout.grpc_door, layout.edge_admin, layout.receiver, *layout.grpc.values()}
    named |= {*layout.metrics.values(), *({layout.cache_metrics} if layout.cached else set())}
    found = listening(layout.supervisor_pid)
    assert {address for address, _ in found} == {"127.0.0.1"}
    assert {port for _, port in found} == named


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_says_nothing_without_a_certificate(village: Village, service: str) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{village.layout.grpc[service]}") as channel:
        for path in _INSIDE.values():
            assert _code(channel, path) is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("service", SERVICES)
def test_what_tells_of_a_service_s_inside_is_for_operators(village: Village, service: str) -> None:
    for workload, expected in (("edge", grpc.StatusCode.PERMISSION_DENIED), ("operator", grpc.StatusCode.OK)):
        with _channel(village, service, workload) as channel:
            assert {name: _code(channel, _INSIDE[name]) for name in _FOR_OPERATORS} == dict.fromkeys(
                _FOR_OPERATORS, expected
            )
            assert _code(channel, _INSIDE["health"]) is grpc.StatusCode.OK


@pytest.mark.parametrize("door", ["edge", "grpc_door"])
def test_no_door_leads_inside(village: Village, door: str) -> None:
    port = getattr(village.layout, door)
    if door == "grpc_door":
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            assert {_code(channel, path) for path in _INSIDE.values()} == {grpc.StatusCode.UNIMPLEMENTED}
    paths = ("/stats", "/config_dump", "/quitquitquit", "/clusters", "/metrics", "/ready", "/server_info", "/certs")
    assert {_status(port, path) for path in (*paths, *_INSIDE.values())} <= {404, 405, 415}


def test_the_loopback_ports_are_not_on_the_machine_s_other_addresses(village: Village) -> None:
    """From the outside there is nobody, not even a refusal over TLS."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # No packet is sent: it only asks which address this machine would use.
        probe.connect(("192.0.2.1", 9))
        outside = probe.getsockname()[0]
    for _, port in listening(village.layout.supervisor_pid):
        with socket.socket() as knock:
            knock.settimeout(2)
            assert knock.connect_ex((outside, port)) != 0


def _channel(village: Village, service: str, workload: str) -> Any:
    settings = MeshSettings(home=village.home)
    name = server_name(service, settings.trust_domain)
    credentials = channel_credentials(CertificateFiles(settings.certificates / workload))
    target = f"127.0.0.1:{village.layout.grpc[service]}"
    return grpc.secure_channel(target, credentials, options=[("grpc.ssl_target_name_override", name)])


def _code(channel: grpc.Channel, path: str) -> grpc.StatusCode:
    """How a call ends, or that its first answer came."""
    call: Callable[..., Any] = channel.stream_stream(path)
    request = _LIST_SERVICES if "Reflection" in path else b""
    try:
        next(call(iter([request]), timeout=10))
    except grpc.RpcError as error:
        code: grpc.StatusCode = error.code()
        return code
    return grpc.StatusCode.OK


def _status(port: int, path: str) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
