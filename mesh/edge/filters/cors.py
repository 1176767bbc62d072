"""CORS: which pages' scripts may read answers (Fetch standard), gRPC-Web's headers included."""

from collections.abc import Sequence

from mesh.edge.typed import Config, any_of, extension

__all__ = ["NAME", "RESPONSE_HEADERS", "http_filter", "policy"]

NAME = "envoy.filters.http.cors"
_REQUEST_HEADERS = (
    "authorization",
    "content-type",
    "grpc-timeout",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "last-event-id",
    "x-grpc-web",
    "x-user-agent",
)
RESPONSE_HEADERS = (
    "allow",
    "etag",
    "grpc-message",
    "grpc-status",
    "grpc-status-details-bin",
    "link",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "x-cache",
    "x-request-id",
    "x-trace-id",
)
"""What a page's script may read of an answer."""


def http_filter() -> Config:
    return extension(NAME, "extensions.filters.http.cors.v3.Cors")


def policy(origins: Sequence[str]) -> Config:
    """The policy of the virtual host. No credentials: the edge knows bearer tokens only, no cookies."""
    return any_of(
        "extensions.filters.http.cors.v3.CorsPolicy",
        allow_origin_string_match=[{"exact": origin} for origin in origins],
        allow_methods="GET, POST, PATCH, DELETE",
        allow_headers=", ".join(_REQUEST_HEADERS),
        expose_headers=", ".join(RESPONSE_HEADERS),
        max_age="7200",
        allow_credentials=False,
        forward_not_matching_preflights=False,
    )
