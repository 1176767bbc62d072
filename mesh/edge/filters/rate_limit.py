"""How fast one client may ask, over both doors. Answers out of the cache do not count, for they never come here.

The limit stands in the route table, which both doors read from one file: a filter's own would count for one door only.
"""

import math

from mesh.edge.settings import EdgeSettings
from mesh.edge.typed import Config, any_of, extension, milliseconds

__all__ = ["NAME", "RETRY_SECONDS", "http_filter", "policy"]

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
    """A bucket for each IPv4 address and each /64 of IPv6, which is what one customer has."""
    rate, burst = settings.requests_per_second, settings.burst
    client = {"masked_remote_address": {"v4_prefix_mask_len": 32, "v6_prefix_mask_len": 64}}
    fill = max(_FILL_SECONDS, 1 / rate)
    return any_of(
        "extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
        **_STATS,
        token_bucket=_WHOLE,
        filter_enabled=_always("enabled"),
        filter_enforced=_always("enforced"),
        # An empty value stands for each that comes; the buckets used least lately make room.
        descriptors=[
            {
                "entries": [{"key": _CLIENT}],
                "token_bucket": {
                    "max_tokens": burst,
                    "tokens_per_fill": max(1, round(rate * fill)),
                    "fill_interval": milliseconds(fill),
                },
            }
        ],
        max_dynamic_descriptors=settings.max_clients,
        rate_limits=[{"actions": [client]}],
        rate_limited_as_resource_exhausted=True,
        response_headers_to_add=[
            _header("retry-after", f"{RETRY_SECONDS:.0f}"),
            _header("ratelimit", f'"edge";r=0;t={RETRY_SECONDS:.0f}'),
            _header("ratelimit-policy", f'"edge";q={burst};w={math.ceil(burst / rate)}'),
        ],
    )


def _always(name: str) -> Config:
    return {"runtime_key": f"edge.rate_limit.{name}", "default_value": {"numerator": 100, "denominator": "HUNDRED"}}


def _header(key: str, value: str) -> Config:
    return {"header": {"key": key, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
