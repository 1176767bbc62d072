"""The server behind the cache, on a Unix socket: asks Envoy once, however many ask.

nginx alone lets everybody through whose entry is older than its stale bound (the lock holds for new entries only), it
counts in whole seconds, so that "one second" lasts up to two, and it would compress each hit anew. So a question goes
through a second, short-lived cache whose key holds the second in which it was asked: there each question is a new entry
and is locked, its answer is fresh exactly until that second is over, and it is compressed here, once.
"""

from mesh.edge.cache.local_errors import error_locations, error_pages
from mesh.edge.filters.spread import SHARED

__all__ = ["FETCH_SOCKET", "LOCK_SECONDS", "fetch_server"]

_MARGIN_SECONDS = 3

FETCH_SOCKET = "fetch.sock"
LOCK_SECONDS = 1
"""How long others wait for the one who asks, here and at the front. An answer that is not kept, an error say, makes
each of them ask in turn, so it is not longer."""


def fetch_server(socket: str, *, deadline: float) -> str:
    """Args:
    socket: where nginx inherits it.
    """
    return f"""
server {{
    listen unix:{socket};
    server_name fetch;
    access_log off;
    keepalive_timeout 60s;
    {error_pages()}
    location / {{
        proxy_cache fetches;
        proxy_cache_key "$http_x_edge_second $request_uri";
        proxy_cache_lock on;
        proxy_cache_lock_timeout {LOCK_SECONDS}s;
        proxy_cache_lock_age {LOCK_SECONDS}s;
        proxy_no_cache $not_kept;
        proxy_pass http://rest;
        proxy_set_header Host hamlet;
        proxy_set_header Connection "";
        proxy_set_header Accept-Encoding "";
        proxy_set_header X-Edge-Second "";
        # What one asks for all does not wait because of what else he asks.
        proxy_set_header {SHARED} 1;
        proxy_read_timeout {deadline + _MARGIN_SECONDS:.0f}s;
        proxy_pass_header Server;
        proxy_hide_header X-Request-Id;
        proxy_hide_header X-Trace-Id;
        proxy_hide_header RateLimit;
        proxy_hide_header RateLimit-Policy;
        add_header X-Accel-Expires $keep_until always;
        add_header X-Request-Id $answer_request_id always;
        add_header X-Trace-Id $answer_trace_id always;
        add_header RateLimit $answer_ratelimit always;
        add_header RateLimit-Policy $answer_ratelimit_policy always;
        gzip on;
        gzip_comp_level 4;
        gzip_min_length 512;
        gzip_types application/json;
    }}
    {error_locations()}
}}
"""
