"""Who asks much at once is spread out in time, so that others' requests come between his and not after them all.

A hundred requests in one instant are within everybody's rate; they still took a service a tenth of a second in which
nobody else was answered (measured). Of Envoy's limits each refuses and none makes wait, but its filter for injected
faults can: those beyond `HAMLET_EDGE_AT_ONCE` pass some of these by chance, which makes a delay of up to 0.6 s in
equal steps (ADR 27).
"""

import math

from mesh.edge.filters.rate_limit import always, client_descriptor, client_limits
from mesh.edge.settings import EdgeSettings
from mesh.edge.typed import Config, any_of, extension, milliseconds

__all__ = ["NAME", "SHARED", "WAITS", "http_filters", "policy"]

NAME = "hamlet.spread"
WAITS = "x-envoy-waits"
"""The mark of a request that is to wait. Whoever sends it himself loses it: nobody's `x-envoy-` is kept."""
SHARED = "x-edge-shared"
"""What the cache fetches for all who ask; it must not wait because of the one who asked first."""

_DELAYS_SECONDS = (0.02, 0.04, 0.08, 0.16, 0.32)
_LIMIT = "extensions.filters.http.local_ratelimit.v3.LocalRateLimit"
_STATS = {"stat_prefix": "edge_spread"}


def http_filters(settings: EdgeSettings, *, behind_cache: bool) -> list[Config]:
    """One that counts, by the route table as the rate limit does, and those that make wait; none where nobody waits.

    Args:
        behind_cache: whether our own cache is the peer, and is believed when it says `SHARED`.
    """
    if not settings.at_once:
        return []
    marked: list[Config] = [{"name": WAITS, "present_match": True}]
    if behind_cache:
        marked.append({"name": SHARED, "present_match": True, "invert_match": True})
    return [extension(NAME, _LIMIT, **_STATS), *(_delay(seconds, marked) for seconds in _DELAYS_SECONDS)]


def policy(settings: EdgeSettings) -> Config:
    """Marks what one client asks beyond so many at once, counted as `rate_limit` counts."""
    rate = settings.requests_per_second
    mark = {"header": {"key": WAITS, "value": "1"}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
    return any_of(
        _LIMIT,
        **_STATS,
        **client_limits(client_descriptor(rate, at_once=max(settings.at_once, math.ceil(rate / 20))), settings),
        filter_enabled=always("edge.spread.enabled"),
        filter_enforced={**always("edge.spread.enforced"), "default_value": {"numerator": 0}},
        request_headers_to_add_when_not_enforced=[mark],
    )


def _delay(seconds: float, marked: list[Config]) -> Config:
    return extension(
        f"{NAME}.{seconds * 1000:.0f}ms",
        "extensions.filters.http.fault.v3.HTTPFault",
        headers=marked,
        delay={"fixed_delay": milliseconds(seconds), "percentage": {"numerator": 50, "denominator": "HUNDRED"}},
        disable_downstream_cluster_stats=True,
    )
