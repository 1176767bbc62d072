"""How fast one client may ask, over both doors. Answers out of the cache do not count, for they never come here.

The limit stands in the route table, which both doors read from one file: a filter's own would count for one door only.
"""

import math

from mesh.edge.settings import EdgeSettings
from mesh.edge.typed import Config, any_of, extension, milliseconds

__all__ = ["NAME", "RETRY_SECONDS", "always", "client_descriptor", "client_limits", "http_filter", "policy"]

RETRY_SECONDS = 1.0
"""When a refused client is told to come again. By then its bucket holds a second's worth."""
NAME = "envoy.filters.http.local_ratelimit"
_STATS = {"stat_prefix": "edge_clients"}
_CLIENT = "masked_remote_address"
_FILL_SECONDS = 0.05
_WHOLE = {"max_tokens": 4_000_000_000, "tokens_per_fill": 4_000_000_000, "fill_interval": "1s"}
"""Envoy wants a bucket for everybody together; this one is never empty."""


def http_filter() -> Config:
    """Off but for what the route table says."""
    return extension(NAME, "extensions.filters.http.local_ratelimit.v3.LocalRateLimit", **_STATS)


def policy(settings: EdgeSettings) -> Config:
    """A bucket for each client, and a refusal when it is empty."""
    rate, burst = settings.requests_per_second, settings.burst
    return any_of(
        "extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
        **_STATS,
        **client_limits(client_descriptor(rate, at_once=burst), settings),
        filter_enabled=always("edge.rate_limit.enabled"),
        filter_enforced=always("edge.rate_limit.enforced"),
        rate_limited_as_resource_exhausted=True,
        response_headers_to_add=[
            _header("retry-after", f"{RETRY_SECONDS:.0f}"),
            _header("ratelimit", f'"edge";r=0;t={RETRY_SECONDS:.0f}'),
            _header("ratelimit-policy", f'"edge";q={burst};w={math.ceil(burst / rate)}'),
        ],
    )


def client_limits(descriptor: Config, settings: EdgeSettings) -> Config:
    """Counts each IPv4 address and each /64 of IPv6, which is what one customer has; the buckets used least lately make
    room."""
    client = {"masked_remote_address": {"v4_prefix_mask_len": 32, "v6_prefix_mask_len": 64}}
    return {
        "token_bucket": _WHOLE,
        "descriptors": [descriptor],
        "max_dynamic_descriptors": settings.max_clients,
        "rate_limits": [{"actions": [client]}],
    }


def client_descriptor(rate: float, *, at_once: int) -> Config:
    """A bucket of `at_once` requests that gets `rate` a second."""
    fill = max(_FILL_SECONDS, 1 / rate)
    return {
        # An empty value stands for each that comes.
        "entries": [{"key": _CLIENT}],
        "token_bucket": {
            "max_tokens": at_once,
            "tokens_per_fill": max(1, round(rate * fill)),
            "fill_interval": milliseconds(fill),
        },
    }


def always(runtime_key: str) -> Config:
    return {"runtime_key": runtime_key, "default_value": {"numerator": 100, "denominator": "HUNDRED"}}


def _header(key: str, value: str) -> Config:
    return {"header": {"key": key, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
