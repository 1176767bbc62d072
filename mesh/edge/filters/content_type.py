"""Refuses form posts: the transcoder reads any content type as JSON, so a cross-site form would be a mutation.

A filter before the transcoder, because a route's header match sees the request only after transcoding (measured).
"""

from mesh.edge.typed import Config, extension

__all__ = ["NAME", "http_filter"]

NAME = "envoy.filters.http.rbac"
_ADMITTED = r"(?i)application/(json\s*(;.*)?|grpc([+;-].*)?)"


def http_filter() -> Config:
    """403 for a POST, PUT or PATCH that is neither JSON nor gRPC."""
    changes = {"header": {"name": ":method", "string_match": {"safe_regex": {"regex": "POST|PUT|PATCH"}}}}
    admitted = {"header": {"name": "content-type", "string_match": {"safe_regex": {"regex": _ADMITTED}}}}
    policy = {
        "principals": [{"any": True}],
        "permissions": [{"and_rules": {"rules": [changes, {"not_rule": admitted}]}}],
    }
    return extension(
        NAME,
        "extensions.filters.http.rbac.v3.RBAC",
        rules={"action": "DENY", "policies": {"neither-json-nor-grpc": policy}},
    )
