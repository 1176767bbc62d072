"""The server that the public sees: answers from the cache what it may, and passes everything else on as it came."""

from mesh.edge.cache.decisions import PASSED
from mesh.edge.cache.fetch import LOCK_SECONDS
from mesh.edge.cache.local_errors import error_locations, error_pages
from mesh.edge.cache.settings import CacheSettings
from mesh.edge.filters import cors, spread
from mesh.edge.settings import EdgeSettings

__all__ = ["front_server"]

_MARGIN_SECONDS = 3
_LIMITS = """
    client_header_timeout 5s;
    client_body_timeout 5s;
    send_timeout 10s;
    reset_timedout_connection on;
    client_header_buffer_size 2k;
    large_client_header_buffers 2 8k;
    max_headers 100;
    max_ranges 0;
    # Envoy refuses these; dropped silently they would be nobody's error.
    underscores_in_headers on;
"""


def front_server(settings: EdgeSettings, cache: CacheSettings, *, listen: str, deadline: float) -> str:
    """Args:
    listen: `host:port` of the sockets that nginx inherits, one a worker.
    deadline: the longest of the RPCs' that are cached.
    """
    return f"""
server {{
    listen {listen} reuseport;
    server_name hamlet;
    {_LIMITS}
    client_max_body_size {settings.max_body_bytes};
    {_per_address(settings, cache)}
    {error_pages()}
    # Not an error: the way past the cache.
    error_page 418 = @pass;
    recursive_error_pages on;

    location / {{
        if ($malformed) {{ return 400; }}
        if ($route = {PASSED}) {{ return 418; }}
        {_cached(settings, deadline)}
    }}
    location @pass {{
        {_passed(settings)}
    }}
    {error_locations(_cors(settings) + "add_header X-Cache BYPASS always;")}
}}
"""


def _cached(settings: EdgeSettings, deadline: float) -> str:
    """What goes upstream depends on nothing but the key. The address of who asks goes along for the rate limits, which
    make errors, and errors are not kept."""
    return f"""
        proxy_cache answers;
        proxy_cache_key "$encoding $uri$query";
        proxy_cache_lock on;
        proxy_cache_lock_timeout {LOCK_SECONDS}s;
        proxy_cache_lock_age {LOCK_SECONDS}s;
        proxy_pass http://fetch$uri$query;
        proxy_pass_request_headers off;
        proxy_pass_request_body off;
        proxy_set_header Host hamlet;
        proxy_set_header Connection "";
        proxy_set_header Content-Length "";
        proxy_set_header Accept-Encoding $encoding;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Edge-Second $second;
        {_trace(settings)}
        proxy_read_timeout {deadline + LOCK_SECONDS + _MARGIN_SECONDS:.0f}s;
        proxy_pass_header Server;
        proxy_hide_header Cache-Control;
        proxy_hide_header Set-Cookie;
        proxy_hide_header Vary;
        proxy_hide_header X-Request-Id;
        proxy_hide_header X-Trace-Id;
        proxy_hide_header RateLimit;
        proxy_hide_header RateLimit-Policy;
        add_header X-Cache $upstream_cache_status always;
        add_header Cache-Control $answer_cache_control always;
        add_header Vary $answer_vary always;
        add_header X-Request-Id $answer_request_id always;
        add_header X-Trace-Id $answer_trace_id always;
        add_header RateLimit $answer_ratelimit always;
        add_header RateLimit-Policy $answer_ratelimit_policy always;
        {_cors(settings)}"""


def _trace(settings: EdgeSettings) -> str:
    """The one who asks first has the upstream's question in his trace; who waits for the same answer has not."""
    if not settings.trust_trace_context:
        return ""
    return "proxy_set_header Traceparent $http_traceparent; proxy_set_header Tracestate $http_tracestate;"


def _passed(settings: EdgeSettings) -> str:
    """Envoy judges and times these; nginx waits until it has a body whole, so that slow senders never reach Envoy."""
    scheme = "" if settings.trusted_hops else "proxy_set_header X-Forwarded-Proto http;"
    return f"""
        proxy_pass http://rest;
        proxy_method $passed_method;
        proxy_pass_header Server;
        proxy_set_header Host $host;
        proxy_set_header Connection "";
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header {spread.SHARED} "";
        {scheme}
        proxy_buffering off;
        proxy_read_timeout {settings.watch_idle_seconds + 10:.0f}s;
        add_header X-Cache BYPASS always;"""


def _cors(settings: EdgeSettings) -> str:
    """What Envoy's filter adds, for answers that Envoy did not make for the page that asks."""
    if not settings.allowed_origins:
        return ""
    exposed = ", ".join(cors.RESPONSE_HEADERS)
    return f"""
        add_header Access-Control-Allow-Origin $allowed_origin always;
        add_header Access-Control-Expose-Headers "{exposed}" always;
        """


def _per_address(settings: EdgeSettings, cache: CacheSettings) -> str:
    return "" if settings.trusted_hops else f"limit_conn addresses {cache.connections_per_address};"
