"""Routes, one for each public RPC by its exact gRPC path: the transcoder gives REST calls that path too.

What has no route is answered with 404, so an RPC that the contract keeps inside cannot be reached by any protocol.
"""

from collections.abc import Iterable
from pathlib import Path

from mesh.edge.documents import LARGEST_BYTES, Document, document_route
from mesh.edge.exposure import PublicMethod
from mesh.edge.filters import body_limit, cors, jwt, rate_limit, spread
from mesh.edge.settings import EdgeSettings
from mesh.edge.typed import Config, milliseconds

__all__ = ["NO_ROUTE", "ROUTES", "route_configuration"]

ROUTES = "public"
"""The route table's name."""

NO_ROUTE = "none"
"""The route name, in logs and spans, of a request that no RPC answers."""

_RETRY_POLICY = {
    # Only cases in which the service never saw the call.
    "retry_on": "refused-stream,connect-failure,reset-before-request",
    "num_retries": 2,
    "retry_host_predicate": [
        {
            "name": "envoy.retry_host_predicates.previous_hosts",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"
            },
        }
    ],
    "host_selection_retry_max_attempts": 3,
}
_LEAST_IDLE_SECONDS = 10.0
_IDLE_MARGIN_SECONDS = 5.0


def route_configuration(
    methods: Iterable[PublicMethod], documents: Iterable[Document], settings: EdgeSettings, folder: Path
) -> Config:
    """The route table of both doors; `folder` holds the contents of `documents`."""
    host: Config = {
        "name": "public",
        "domains": ["*"],
        "routes": [
            *(_route(method, settings) for method in methods),
            *(document_route(document, folder) for document in documents),
            _no_route(),
        ],
        # Who calls, for the services. Envoy sends this by itself only where its peer is the caller, not the cache.
        "request_headers_to_add": [_set("x-envoy-external-address", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%")],
        "request_headers_to_remove": [spread.WAITS, spread.SHARED],
        # What somebody quotes when they ask why, and `hamlet trace` answers.
        "response_headers_to_add": [_set("x-trace-id", "%TRACE_ID%")],
    }
    policies = {rate_limit.NAME: rate_limit.policy(settings)}
    if settings.at_once:
        policies[spread.NAME] = spread.policy(settings)
    if settings.allowed_origins:
        policies[cors.NAME] = cors.policy(settings.allowed_origins)
    host["typed_per_filter_config"] = policies
    # Not by Envoy, because NO_ROUTE names a cluster that does not exist; Village has checked the others.
    return {
        "name": ROUTES,
        "virtual_hosts": [host],
        "validate_clusters": False,
        "max_direct_response_body_size_bytes": LARGEST_BYTES,
    }


def _set(header: str, value: str) -> Config:
    return {
        "header": {"key": header, "value": value},
        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
        "keep_empty_value": False,
    }


def _route(public: PublicMethod, settings: EdgeSettings) -> Config:
    path = public.method.path
    return {
        "name": path.removeprefix("/"),
        "match": {"path": path, "case_sensitive": True},
        "route": {"cluster": public.cluster, "retry_policy": _RETRY_POLICY, **_time_limits(public, settings)},
        "decorator": {"operation": path.removeprefix("/"), "propagate": False},
        "typed_per_filter_config": {
            jwt.NAME: jwt.requirement(jwt.PERSON if public.needs_person else jwt.ANYBODY),
            body_limit.NAME: body_limit.off(),
        },
    }


def _time_limits(public: PublicMethod, settings: EdgeSettings) -> Config:
    """A watch ends with its client. Any other call gets the contract's deadline, or an earlier one that it asked for.

    With a plain `timeout` the service would see no deadline, a caller's longer one would pass through, and gRPC
    callers would get UNAVAILABLE, which they retry.
    """
    deadline = public.method.deadline
    if deadline is None:
        return {"timeout": "0s", "idle_timeout": milliseconds(settings.watch_idle_seconds)}
    limit = milliseconds(deadline)
    return {
        "timeout": "0s",
        "idle_timeout": milliseconds(max(_LEAST_IDLE_SECONDS, deadline + _IDLE_MARGIN_SECONDS)),
        "max_stream_duration": {"max_stream_duration": limit, "grpc_timeout_header_max": limit},
    }


def _no_route() -> Config:
    # A route to nowhere and not the lack of one, because the CORS filter asks a route for its policy while a REST call
    # still has its REST path; of a direct response it asks nothing (measured).
    return {
        "name": NO_ROUTE,
        "match": {"prefix": "/"},
        "route": {"cluster": NO_ROUTE, "cluster_not_found_response_code": "NOT_FOUND"},
        "decorator": {"operation": NO_ROUTE, "propagate": False},
        "typed_per_filter_config": {jwt.NAME: jwt.off()},
    }
