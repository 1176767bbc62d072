"""Upstream clusters: health-checked, bounded, over mTLS."""

import ipaddress
from pathlib import Path

from mesh.edge.doors import socket_address
from mesh.edge.typed import Config, any_of
from mesh.edge.upstream_tls import transport_socket
from mesh.edge.village import Identity, Upstream

__all__ = ["collector_cluster", "upstream_cluster"]

_STREAM_WINDOW_BYTES, _STREAMS_PER_CONNECTION = 256 * 1024, 128
"""Answers that nobody takes must not use up the window of the connection, on which everybody's come: as many streams as
a service allows (`mesh.options`) fit into it. With Envoy's defaults thirty of a megabyte held all others up."""

_HTTP2 = {
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": any_of(
        "extensions.upstreams.http.v3.HttpProtocolOptions",
        explicit_http_config={
            "http2_protocol_options": {
                "connection_keepalive": {"interval": "30s", "timeout": "5s"},
                "initial_stream_window_size": _STREAM_WINDOW_BYTES,
                "initial_connection_window_size": _STREAM_WINDOW_BYTES * _STREAMS_PER_CONNECTION,
            }
        },
    )
}


def upstream_cluster(upstream: Upstream, identity: Identity | None, folder: Path) -> Config:
    """A service's replicas. One that reports NOT_SERVING gets no new calls; when none is healthy all are tried."""
    cluster: Config = {
        **_cluster(upstream.name, upstream.addresses),
        # Of a name all addresses count, and health checks tell which of them answer: by default Envoy takes IPv6 alone
        # where a name has both, whether anybody listens there or not.
        "dns_lookup_family": "ALL",
        "lb_policy": "LEAST_REQUEST",
        "health_checks": [_health_check()],
        "common_lb_config": {"healthy_panic_threshold": {"value": 1}},
        "ignore_health_on_host_removal": True,
        "outlier_detection": {"consecutive_5xx": 5, "interval": "1s", "base_ejection_time": "10s"},
        "circuit_breakers": {"thresholds": [_thresholds()]},
    }
    if identity is not None:
        cluster["transport_socket"] = transport_socket(upstream.name, identity, folder)
    return cluster


def collector_cluster(name: str, address: str) -> Config:
    """The OTLP collector, in plaintext as its protocol's default is. It may be away: spans are lost, not requests."""
    return _cluster(name, (address,))


def _cluster(name: str, addresses: tuple[str, ...]) -> Config:
    endpoints = [{"endpoint": {"address": socket_address(address)}} for address in addresses]
    return {
        "name": name,
        "type": "STATIC" if all(map(_is_ip, addresses)) else "STRICT_DNS",
        "connect_timeout": "1s",
        "typed_extension_protocol_options": _HTTP2,
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": endpoints}]},
    }


def _health_check() -> Config:
    return {
        "timeout": "1s",
        # Well within the second for which a leaving replica says so and still serves (`HAMLET_DRAIN_SECONDS`).
        "interval": "0.4s",
        # Without traffic Envoy would ask once a minute only, and find a restarted service that late.
        "no_traffic_interval": "0.4s",
        "no_traffic_healthy_interval": "0.4s",
        "healthy_threshold": 1,
        "unhealthy_threshold": 1,
        "grpc_health_check": {},
    }


def _thresholds() -> Config:
    return {
        "max_connections": 100,
        "max_pending_requests": 200,
        "max_requests": 1000,
        # Only calls that no service has seen are repeated: a replica that has just gone must not use the budget up.
        "retry_budget": {"budget_percent": {"value": 20}, "min_retry_concurrency": 20},
    }


def _is_ip(address: str) -> bool:
    try:
        ipaddress.ip_address(address.rpartition(":")[0].strip("[]"))
    except ValueError:
        return False
    return True
