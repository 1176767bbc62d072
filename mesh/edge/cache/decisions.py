"""nginx's variables that decide: whether a request may be answered from the cache, under which key, and whether an
answer may be kept. Each is a map that nginx works out only when it is asked.
"""

from collections.abc import Iterable, Sequence

from mesh.edge.cache.routes import CachedRoute

__all__ = ["PASSED", "decisions"]

PASSED = "none"
"""The route of a request that is no RPC's whose answers are kept."""

_REFUSED_FORMS = r"""
# Only the plain form of a request line: no absolute form, no HTTP/0.9.
map $request $malformed { default 1; "~^[A-Z-]+ (?:/|\*)[^ ]* HTTP/1\.[01]$" ""; }
"""

_WHO_ASKS = """
# Whoever shows who they are may see what others may not, and goes to Envoy. Cookies the edge does not know.
map "$request_method:$http_authorization" $anonymous_read { default ""; "GET:" yes; "HEAD:" yes; }
# Envoy answers an encoded slash or backslash with a redirect, and decides on no path that has one.
map $request_uri $slash_encoded { default ""; "~*^[^?]*%(?:2f|5c)" yes; }
map $http_accept_encoding $encoding { default ""; "~*(?:^|[ ,])gzip(?! *; *q=0(?:\\.0*)?(?:,|$| ))" gzip; }
# HEAD is GET without the content (RFC 9110, 9.3.2), which nginx leaves away. Envoy's transcoder knows no HEAD.
map $request_method $passed_method { default $request_method; HEAD GET; }
# The second in which a question is asked; `mesh.edge.cache.fetch` says what for.
map $msec $second { default 0; "~^([0-9]+)" $1; }
"""

_FROM_WHOM = """
# An answer that was kept shows nothing that was meant for the one who asked first.
map $upstream_cache_status $was_kept { default ""; HIT yes; UPDATING yes; STALE yes; }
map $was_kept $answer_request_id { default $request_id; "" $upstream_http_x_request_id; }
map $was_kept $answer_trace_id { default ""; "" $upstream_http_x_trace_id; }
map $was_kept $answer_ratelimit { default ""; "" $upstream_http_ratelimit; }
map $was_kept $answer_ratelimit_policy { default ""; "" $upstream_http_ratelimit_policy; }
"""

_FOR_BROWSERS = """
# A browser asks each time and mostly hears 304: how old an answer may be, the cache in front of it decides.
map $upstream_http_x_accel_expires $answer_cache_control {
    default "public, max-age=0, must-revalidate";
    "" $upstream_http_cache_control;
    0 $upstream_http_cache_control;
}
"""


def decisions(routes: Sequence[CachedRoute], allowed_origins: Sequence[str]) -> str:
    """The maps of the `http` block."""
    origins = "\n".join(f'    "{origin}" $http_origin;' for origin in allowed_origins)
    return "\n".join(
        [
            _REFUSED_FORMS,
            _WHO_ASKS,
            _routes(routes),
            *_queries(routes),
            _may_be_kept(routes),
            _FROM_WHOM,
            _FOR_BROWSERS,
            f'map $http_origin $allowed_origin {{\n    default "";\n{origins}\n}}',
            _vary("Accept-Encoding, Origin" if allowed_origins else "Accept-Encoding"),
        ]
    )


def _vary(ours: str) -> str:
    return f'map $upstream_http_vary $answer_vary {{ default "$upstream_http_vary, {ours}"; "" "{ours}"; }}'


def _routes(routes: Iterable[CachedRoute]) -> str:
    """Which RPC is asked for. The path is the normalised, decoded one: if it holds a space nothing matches."""
    lines = "\n".join(f'    "~^yes {each.path} {each.query}$" "{each.rpc}";' for each in routes)
    return f'map "$anonymous_read$slash_encoded $uri $args" $route {{\n    default {PASSED};\n{lines}\n}}'


def _queries(routes: Sequence[CachedRoute]) -> Iterable[str]:
    """`$query`: the declared parameters alone, in one spelling and one order, as they go into the key and upstream."""
    parameters = {each.name: each for route in routes for each in route.parameters}
    for each in parameters.values():
        yield f'map $args $query_{each.name} {{ default ""; "~(?:^|&){each.names}=([^&]+)" "&{each.name}=$1"; }}'
    joined = "".join(f"$query_{name}" for name in parameters)
    yield f'map "{joined}" $declared_query {{ default ""; "~^&(.+)$" "?$1"; }}'
    # Most questions have none, and a map is not worked out before it is asked.
    yield 'map $args $query { default $declared_query; "" ""; }'


def _may_be_kept(routes: Iterable[CachedRoute]) -> str:
    """`$keep_until`: nginx's X-Accel-Expires for an answer; 0 if it must not be kept, whatever else it says.

    A question never has a token, so an answer may vary by that. By anything else it must not: we would not know.
    Kept is only a 200, or a 404 of a service that has looked, that is public, is the same for everybody, and lives as
    long as a contract says. nginx counts in whole seconds: `s-maxage=1` would live up to two. The second of the
    question is the exact form of one second.
    """
    seen = "$status $upstream_http_set_cookie $upstream_http_vary $upstream_http_cache_control"
    kept = "\n".join(_kept(fresh) for fresh in sorted({route.fresh_seconds for route in routes}))
    return f"""
map "{seen}" $keep_until {{
    default 0;
{kept}
}}
map $keep_until $not_kept {{ default ""; 0 yes; }}"""


def _kept(fresh: int) -> str:
    policy = f"(?!.*(?:private|no-store|no-cache))(?=.*public).*s-maxage={fresh}(?:,|$)"
    until = "@$http_x_edge_second" if fresh == 1 else str(fresh - 1)
    return f'    "~*^(?:200|404)  (?:authorization)? {policy}" "{until}";'
