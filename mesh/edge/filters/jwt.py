"""Access tokens, checked before a request goes further. The services check them again.

The filter stands behind the transcoder and is told by the route what the RPC requires: it judges the very path that is
routed, so no spelling of a REST path leads around it. A route that says nothing requires a token.
"""

from mesh.edge.settings import EdgeSettings
from mesh.edge.typed import Config, any_of, extension, milliseconds

__all__ = ["ANYBODY", "NAME", "PERSON", "http_filter", "off", "requirement"]

NAME = "envoy.filters.http.jwt_authn"
ANYBODY = "anybody"
"""No token is needed; one that is sent must be valid."""
PERSON = "person"
"""A valid token is needed."""

_PROVIDER = "account"
_CLOCK_SKEW_SECONDS = 5
_CACHED_TOKENS = 1000


def http_filter(settings: EdgeSettings, *, issuer: str, audience: str, key_set_url: str, cluster: str) -> Config:
    """Keys are fetched in the background: while the account service is away the last known ones are used."""
    provider = {
        "issuer": issuer,
        "audiences": [audience],
        "forward": True,
        "require_expiration": True,
        "clock_skew_seconds": _CLOCK_SKEW_SECONDS,
        # Named because the default also takes the token from the query string, which ends up in logs.
        "from_headers": [{"name": "authorization", "value_prefix": "Bearer "}],
        # Per thread; a signature costs more than all other filters together. What is kept is still held against its
        # `exp`, and a key that was withdrawn meanwhile is refused by the services.
        "jwt_cache_config": {"jwt_cache_size": _CACHED_TOKENS},
        "remote_jwks": {
            "http_uri": {"uri": key_set_url, "cluster": cluster, "timeout": "1s"},
            "cache_duration": milliseconds(settings.key_set_seconds),
            # Soon, because at the start the first fetch comes before the listener that serves it, and until one has
            # succeeded a request has to wait for its own.
            "async_fetch": {"failed_refetch_duration": "0.2s"},
        },
    }
    needs_person = {"provider_name": _PROVIDER}
    return extension(
        NAME,
        "extensions.filters.http.jwt_authn.v3.JwtAuthentication",
        providers={_PROVIDER: provider},
        requirement_map={
            PERSON: needs_person,
            ANYBODY: {"requires_any": {"requirements": [needs_person, {"allow_missing": {}}]}},
        },
        rules=[{"match": {"prefix": "/"}, "requires": needs_person}],
    )


def requirement(name: str) -> Config:
    """What a route requires: `ANYBODY` or `PERSON`."""
    return any_of("extensions.filters.http.jwt_authn.v3.PerRouteConfig", requirement_name=name)


def off() -> Config:
    """For a route that leads to no service."""
    return any_of("extensions.filters.http.jwt_authn.v3.PerRouteConfig", disabled=True)
