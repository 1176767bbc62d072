"""A public listener, with the limits of an edge."""

from pathlib import Path

from mesh.edge.access_log import access_log
from mesh.edge.doors import Door
from mesh.edge.local_replies import local_reply_config
from mesh.edge.routes import ROUTES
from mesh.edge.settings import EdgeSettings
from mesh.edge.tracing import early_header_mutation, tracing
from mesh.edge.typed import Config, extension

__all__ = ["public_listener"]

_CONNECTION_BUFFER_BYTES = 32 * 1024


def public_listener(
    door: Door, settings: EdgeSettings, *, http_filters: list[Config], routes: Path, traced: bool
) -> Config:
    """A listener whose route table is in the file `routes`."""
    manager: Config = {
        "stat_prefix": door.stat_prefix,
        "codec_type": "AUTO",
        "server_name": "hamlet",
        # What a person can name when asking for help; what came in under this name was taken off.
        "always_set_request_id_in_response": True,
        "early_header_mutation_extensions": [early_header_mutation(settings)],
        "local_reply_config": local_reply_config(),
        "rds": {
            "route_config_name": ROUTES,
            "config_source": {"path_config_source": {"path": str(routes)}, "resource_api_version": "V3"},
        },
        "http_filters": http_filters,
        **_caller(door, settings),
        **_paths(),
        **_limits(door),
    }
    if traced:
        manager["tracing"] = tracing(settings)
    if settings.access_log:
        manager["access_log"] = [access_log()]
    return {
        "name": door.name,
        "address": door.address,
        # Memory that one slow client can hold; Envoy's default is 1 MiB.
        "per_connection_buffer_limit_bytes": _CONNECTION_BUFFER_BYTES,
        # A flood at another door must not close this one to our own cache, which has counted its callers.
        "ignore_global_conn_limit": door.behind_cache,
        "filter_chains": [
            {
                "filters": [
                    extension(
                        "envoy.filters.network.http_connection_manager",
                        "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                        **manager,
                    )
                ]
            }
        ],
    }


def _caller(door: Door, settings: EdgeSettings) -> Config:
    """X-Forwarded-For is believed as far as proxies of ours wrote it, and nobody is an internal caller who may steer
    timeouts, retries and traces by headers: not even from a private address."""
    # Without a range Envoy takes every private address for internal; no peer has this one (RFC 1122, 3.2.1.3).
    nobody: Config = {"internal_address_config": {"cidr_ranges": [{"address_prefix": "0.0.0.0", "prefix_len": 32}]}}
    if not door.behind_cache:
        return {"use_remote_address": True, "xff_num_trusted_hops": settings.trusted_hops, **nobody}
    # The socket's peer is nobody, and the cache appends its own. Where the operator's proxies wrote less than they
    # should have, that one is the caller, as it is without a cache.
    detections = [_forwarded(hops) for hops in dict.fromkeys((settings.trusted_hops, 0))]
    return {"use_remote_address": False, "original_ip_detection_extensions": detections, **nobody}


def _forwarded(hops: int) -> Config:
    return extension(
        "envoy.http.original_ip_detection.xff",
        "extensions.http.original_ip_detection.xff.v3.XffConfig",
        xff_num_trusted_hops=hops,
    )


def _paths() -> Config:
    """One spelling per path, so that rules by path cannot be walked around."""
    return {
        "normalize_path": True,
        "merge_slashes": True,
        "path_with_escaped_slashes_action": "UNESCAPE_AND_REDIRECT",
    }


def _limits(door: Door) -> Config:
    """Against slow and greedy clients. Envoy's defaults: no time limit on headers and body, an hour of idling."""
    return {
        "request_headers_timeout": "5s",
        "stream_idle_timeout": "10s",
        "request_timeout": "30s",
        "common_http_protocol_options": {
            # The cache closes its own connections first: one that Envoy closes just then would cost a request.
            "idle_timeout": "300s" if door.behind_cache else "60s",
            "max_headers_count": 100,
            # x_user must not pass for x-user.
            "headers_with_underscores_action": "REJECT_REQUEST",
        },
        # The Python servers stop at 16 KiB anyway.
        "max_request_headers_kb": 16,
        "http2_protocol_options": {
            "max_concurrent_streams": 100,
            "initial_stream_window_size": 64 * 1024,
            "initial_connection_window_size": 1024 * 1024,
        },
    }
