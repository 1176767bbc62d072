"""What probes and Prometheus may ask of Envoy: two paths of its admin interface, whose others can end it."""

from mesh.edge.doors import socket_address
from mesh.edge.filters.chain import router
from mesh.edge.typed import Config, extension

__all__ = ["admin_cluster", "status_listener"]

_CLUSTER = _LISTENER = "status"
_PATHS = {"/ready": "/ready", "/metrics": "/stats/prometheus"}


def status_listener(address: str) -> Config:
    """A listener at `host:port` that passes GETs of the two paths on."""
    host = {"name": _LISTENER, "domains": ["*"], "routes": [_route(*each) for each in _PATHS.items()]}
    manager = extension(
        "envoy.filters.network.http_connection_manager",
        "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix=_LISTENER,
        route_config={"name": _LISTENER, "virtual_hosts": [host]},
        http_filters=[router()],
        request_headers_timeout="5s",
        stream_idle_timeout="10s",
        common_http_protocol_options={"idle_timeout": "60s"},
    )
    return {
        "name": _LISTENER,
        "address": socket_address(address),
        "ignore_global_conn_limit": True,
        "filter_chains": [{"filters": [manager]}],
    }


def admin_cluster(address: str) -> Config:
    """The admin interface.

    Raises:
        ValueError: its port is not fixed, so that nobody knows it before Envoy runs.
    """
    if address.endswith(":0"):
        raise ValueError("HAMLET_EDGE_STATUS_LISTEN needs HAMLET_EDGE_ADMIN_LISTEN with a port other than 0")
    endpoint = {"endpoint": {"address": socket_address(address)}}
    return {
        "name": _CLUSTER,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {"cluster_name": _CLUSTER, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


def _route(path: str, of_admin: str) -> Config:
    only_get = {"name": ":method", "string_match": {"exact": "GET"}}
    return {
        "match": {"path": path, "headers": [only_get]},
        "route": {"cluster": _CLUSTER, "timeout": "5s", "prefix_rewrite": of_admin},
    }
