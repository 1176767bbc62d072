"""The shipped configuration with one defence taken out: what an attack is measured against.

The edge's is the rendered bootstrap with lines removed or set to Envoy's own defaults, a service's are its channel
arguments with gRPC core's defaults. `None` for an attack means that the defence is built in and has no switch.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mesh.edge.filters import spread
from mesh.edge.typed import Config

__all__ = ["SHIPPED", "Weakening", "weakening_of"]

_ENDLESS = 2**31 - 1


def _as_it_is(bootstrap: Config) -> None:
    pass


def _as_written(configuration: str) -> str:
    return configuration


@dataclass(frozen=True, slots=True)
class Weakening:
    """What is taken out.

    Attributes:
        what: "" for nothing.
        edge: changes the rendered bootstrap.
        cache: changes nginx's configuration.
        options: channel arguments of the service.
        service_lacks: a part of the service's chain, `certificates` or `policy`; "" for none.
    """

    what: str
    edge: Callable[[Config], None] = _as_it_is
    cache: Callable[[str], str] = _as_written
    options: dict[str, int] = field(default_factory=dict)
    service_lacks: str = ""


SHIPPED = Weakening("")


def weakening_of(attack: str, door: str) -> Weakening | None:
    """None where nothing can be taken out."""
    return {"service": _NEIGHBOUR, "insider": _INSIDER}.get(door, _EDGE).get(attack)


def _managers(bootstrap: Config) -> list[Config]:
    """The connection managers of the doors."""
    listeners = [each for each in bootstrap["static_resources"]["listeners"] if each["name"] != "key-set"]
    filters = [each["filter_chains"][0]["filters"][0]["typed_config"] for each in listeners]
    return [each for each in filters if each["@type"].endswith(".HttpConnectionManager")]


def _for_each_route(bootstrap: Config, change: Callable[[Config], None]) -> None:
    """The doors' route tables are files of their own, which Envoy reads as it reads the bootstrap."""
    for path in {manager["rds"]["config_source"]["path_config_source"]["path"] for manager in _managers(bootstrap)}:
        table = json.loads(Path(path).read_text())
        for resource in table["resources"]:
            for host in resource["virtual_hosts"]:
                for route in host["routes"]:
                    if "route" in route:
                        change(route["route"])
        Path(path).write_text(json.dumps(table))


def _without(*names: str) -> Callable[[Config], None]:
    def change(route: Config) -> None:
        for name in names:
            route.pop(name, None)

    return change


def _no_reset_limits(bootstrap: Config) -> None:
    _no_spread(bootstrap)
    layer = bootstrap["layered_runtime"]["layers"][0]["static_layer"]
    del layer["overload.premature_reset_total_stream_count"], layer["http.max_requests_per_io_cycle"]
    for manager in _managers(bootstrap):
        del manager["http2_protocol_options"]["max_concurrent_streams"]
    _for_each_route(bootstrap, _without("retry_policy"))


def _no_header_limits(bootstrap: Config) -> None:
    for manager in _managers(bootstrap):
        manager["max_request_headers_kb"] = 8192
        manager["common_http_protocol_options"]["max_headers_count"] = 1_000_000


def _no_control_limits(bootstrap: Config) -> None:
    for manager in _managers(bootstrap):
        manager["http2_protocol_options"].update(
            max_outbound_control_frames=_ENDLESS, max_inbound_priority_frames_per_stream=_ENDLESS
        )


def _no_patience_limits(bootstrap: Config) -> None:
    _no_spread(bootstrap)
    for manager in _managers(bootstrap):
        for name in ("request_headers_timeout", "request_timeout"):
            del manager[name]
        manager["stream_idle_timeout"] = "0s"
        del manager["common_http_protocol_options"]["idle_timeout"]
    _for_each_route(bootstrap, _without("idle_timeout", "max_stream_duration"))


def _no_buffer_limits(bootstrap: Config) -> None:
    _no_spread(bootstrap)
    for listener in bootstrap["static_resources"]["listeners"]:
        listener.pop("per_connection_buffer_limit_bytes", None)
    for manager in _managers(bootstrap):
        for name in ("initial_stream_window_size", "initial_connection_window_size"):
            manager["http2_protocol_options"].pop(name, None)
    for cluster in bootstrap["static_resources"]["clusters"]:
        cluster.pop("per_connection_buffer_limit_bytes", None)
        for each in cluster.get("typed_extension_protocol_options", {}).values():
            options = each["explicit_http_config"]["http2_protocol_options"]
            options.pop("initial_stream_window_size", None)
            options.pop("initial_connection_window_size", None)


def _no_body_limits(bootstrap: Config) -> None:
    for manager in _managers(bootstrap):
        for each in manager["http_filters"]:
            if each["name"] == "envoy.filters.http.buffer":
                each["typed_config"]["max_request_bytes"] = _ENDLESS
            if each["name"] == "envoy.filters.http.grpc_json_transcoder":
                each["typed_config"]["max_request_body_size"] = _ENDLESS


def _no_shares(bootstrap: Config) -> None:
    for listener in bootstrap["static_resources"]["listeners"]:
        for chain in listener["filter_chains"]:
            for each in chain["filters"]:
                if each["name"] == "envoy.filters.network.connection_limit":
                    each["typed_config"]["max_connections"] = _ENDLESS
                each["typed_config"].pop("read_limit_kbps", None)


def _no_spread(bootstrap: Config) -> None:
    for manager in _managers(bootstrap):
        manager["http_filters"] = [each for each in manager["http_filters"] if not each["name"].startswith(spread.NAME)]


def _set(**values: str) -> Callable[[str], str]:
    """nginx's configuration with other values for directives, wherever they stand."""

    def change(configuration: str) -> str:
        for name, value in values.items():
            configuration, found = re.subn(rf"\b{name} [^;]*;", f"{name} {value};", configuration)
            assert found, name
        return configuration

    return change


def _and_no_shares(change: Callable[[Config], None]) -> Callable[[Config], None]:
    """A flood is slowed down by the shares as well."""

    def changed(bootstrap: Config) -> None:
        _no_shares(bootstrap)
        change(bootstrap)

    return changed


_HEADERS = Weakening(
    "header limits, shares",
    _and_no_shares(_no_header_limits),
    _set(large_client_header_buffers="200 64k", max_headers="1000000"),
)
_PATIENCE = Weakening(
    "time limits, spreading", _no_patience_limits, _set(client_header_timeout="1h", client_body_timeout="1h")
)
_CONNECTIONS = Weakening("shares", _no_shares)
_MESSAGE = Weakening("message limit of the service", options={"grpc.max_receive_message_length": -1})
_CONTROL = Weakening("control frame limit, shares", _and_no_shares(_no_control_limits))
_BUFFERS = Weakening(
    "buffer and window limits, spreading", _no_buffer_limits, _set(send_timeout="1h", proxy_buffers="256 1m")
)

_EDGE = {
    "rapid reset": Weakening(
        "reset limits, stream limit, retries, shares, spreading", _and_no_shares(_no_reset_limits)
    ),
    "CONTINUATION flood": _HEADERS,
    "PING flood": _CONTROL,
    "SETTINGS flood": _CONTROL,
    "header size": _HEADERS,
    "header count": _HEADERS,
    "hpack bomb": _HEADERS,
    "oversize message": _MESSAGE,
    "gzip message bomb": _MESSAGE,
    "zero window": _BUFFERS,
    "slow preface": _PATIENCE,
    "slow headers": _PATIENCE,
    "slow body": _PATIENCE,
    "many connections": _CONNECTIONS,
    "header size h1": _HEADERS,
    "header count h1": _HEADERS,
    "oversize body": Weakening("body limit", _no_body_limits, _set(client_max_body_size="0")),
    "unread answers": _BUFFERS,
    "slow headers h1": _PATIENCE,
    "slow body h1": _PATIENCE,
}
_METADATA = Weakening(
    "metadata limit", options={"grpc.max_metadata_size": 64 << 20, "grpc.absolute_max_metadata_size": 64 << 20}
)
_INSIDER = {
    "rapid reset": Weakening(
        "limits of streams and of waiting calls",
        options={
            "grpc.max_concurrent_streams": _ENDLESS,
            "grpc.server.max_pending_requests": 1000,
            "grpc.server.max_pending_requests_hard_limit": 3000,
        },
    ),
    "CONTINUATION flood": _METADATA,
    "PING flood": Weakening("patience with PINGs (gRPC core's default)", options={"grpc.http2.max_ping_strikes": 2}),
    "header size": _METADATA,
    "header count": _METADATA,
    "hpack bomb": _METADATA,
    "oversize message": _MESSAGE,
    "gzip message bomb": _MESSAGE,
}
_STRANGERS = Weakening("certificates: whoever comes is the edge", service_lacks="certificates")
_HANDSHAKE = Weakening("handshake limit", options={"grpc.server_handshake_timeout_ms": 120_000})
_NEIGHBOUR = {
    "slow preface": _HANDSHAKE,
    "half handshakes": _HANDSHAKE,
    "many connections": Weakening("connection limit", options={"grpc.max_allowed_incoming_connections": _ENDLESS - 1}),
    "no certificate": _STRANGERS,
    "foreign certificate": _STRANGERS,
    "unadmitted workload": Weakening("who may call what", service_lacks="policy"),
}
