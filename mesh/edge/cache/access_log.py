"""What nginx notes of each request: a line of JSON for people, and two letters for the counters.

The line names the RPC and never the URL or the caller (see `mesh.edge.access_log`). The letters exist because reading
the lines of 30,000 requests a second would cost more than serving them.
"""

import json
from collections.abc import Iterable
from string import ascii_uppercase

from mesh.edge.cache.decisions import PASSED
from mesh.edge.cache.routes import CachedRoute

__all__ = ["STATUSES", "log_formats", "tally_codes"]

STATUSES = {"HIT": "h", "MISS": "m", "EXPIRED": "e", "UPDATING": "u", "STALE": "s", "BYPASS": "b"}
"""nginx's word for how an answer came about, and its letter. BYPASS: the cache was not asked."""

_FIELDS = {
    "timestamp": '"$time_iso8601"',
    "level": '"info"',
    "event": '"request"',
    "service": '"cache"',
    "route": '"$route"',
    "protocol": '"$server_protocol"',
    "status": "$status",
    "cache": '"$cache_status"',
    "duration_s": "$request_time",
    "upstream_s": '"$upstream_response_time"',
    "bytes_received": "$request_length",
    "bytes_sent": "$bytes_sent",
    "request_id": '"$answer_request_id"',
}


def tally_codes(routes: Iterable[CachedRoute]) -> dict[str, str]:
    """A letter for each RPC, and for PASSED."""
    names = [*dict.fromkeys(route.rpc for route in routes), PASSED]
    if len(names) > len(ascii_uppercase):
        raise ValueError(f"more than {len(ascii_uppercase) - 1} RPCs with a cache")
    return dict(zip(names, ascii_uppercase, strict=False))


def log_formats(routes: Iterable[CachedRoute]) -> str:
    """The formats `requests` and `tally`, and the variables that they use."""
    line = ",".join(f"{json.dumps(name)}:{value}" for name, value in _FIELDS.items())
    rpcs = "\n".join(f'    "{rpc}" {letter};' for rpc, letter in tally_codes(routes).items() if rpc != PASSED)
    letters = "\n".join(f"    {status} {letter};" for status, letter in STATUSES.items())
    return f"""
map $upstream_cache_status $cache_status {{ "" BYPASS; default $upstream_cache_status; }}
map $route $tally_route {{
    default {tally_codes(routes)[PASSED]};
{rpcs}
}}
map $cache_status $tally_status {{
    default b;
{letters}
}}
log_format requests escape=json '{{{line}}}';
log_format tally escape=none '$tally_route$tally_status';
"""
