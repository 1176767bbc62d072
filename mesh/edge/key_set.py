"""How the JWT filter gets its keys: Envoy asks itself.

The filter wants an HTTP URL, the keys are behind a gRPC method over mTLS. A listener on a Unix socket beside the
configuration transcodes the one to the other. (Envoy's internal listeners exist on worker threads only, while keys are
fetched in the background by the main thread: that fetch fails, measured.)
"""

from pathlib import Path

from hamlet.mesh.v1 import key_set_service_pb2

from mesh.edge.doors import unix_socket
from mesh.edge.filters import transcoder
from mesh.edge.filters.chain import router
from mesh.edge.typed import Config, extension

__all__ = ["CLUSTER", "URL", "key_set_cluster", "key_set_listener"]

CLUSTER = "key-set"
"""The cluster that leads to the socket."""
URL = "http://key-set/.well-known/jwks.json"

_SERVICE = key_set_service_pb2.DESCRIPTOR.services_by_name["KeySetService"].full_name
_LISTENER = "key-set"
_MAX_BODY_BYTES = 1024
_SOCKET = unix_socket("key-set.sock")


def key_set_listener(descriptor_set: Path, upstream: str) -> Config:
    route = {"match": {"path": f"/{_SERVICE}/GetKeySet"}, "route": {"cluster": upstream, "timeout": "1s"}}
    host = {"name": _LISTENER, "domains": ["*"], "routes": [route]}
    manager = extension(
        "envoy.filters.network.http_connection_manager",
        "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix="key_set",
        route_config={"name": _LISTENER, "virtual_hosts": [host]},
        http_filters=[
            transcoder.http_filter(descriptor_set, [_SERVICE], max_body_bytes=_MAX_BODY_BYTES),
            router(),
        ],
    )
    return {
        "name": _LISTENER,
        "address": _SOCKET,
        # Envoy itself is the only caller, and has to have its keys however many others come.
        "ignore_global_conn_limit": True,
        "filter_chains": [{"filters": [manager]}],
    }


def key_set_cluster() -> Config:
    return {
        "name": CLUSTER,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {
            "cluster_name": CLUSTER,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": _SOCKET}}]}],
        },
    }
