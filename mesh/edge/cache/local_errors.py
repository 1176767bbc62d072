"""nginx's own answers in the one shape of all errors (`mesh.edge.local_replies` does the same for Envoy's)."""

import json
from dataclasses import dataclass

from hamlet.error.v1.error_reason_pb2 import ErrorReason

from mesh.errors import DOMAIN, spec_of

__all__ = ["error_locations", "error_pages"]

# Paths and no named locations: those cannot answer for a request whose path was not understood.
_PLACE = "/_error"


@dataclass(frozen=True, slots=True)
class _Case:
    """When nginx fails with one of `statuses`, the answer has `status` and `reason`."""

    status: int
    reason: ErrorReason.ValueType
    statuses: tuple[int, ...]


_CASES = (
    _Case(400, ErrorReason.ERROR_REASON_MALFORMED_REQUEST, (400, 411)),
    _Case(404, ErrorReason.ERROR_REASON_PATH_NOT_FOUND, (404,)),
    _Case(405, ErrorReason.ERROR_REASON_METHOD_NOT_ALLOWED, (405,)),
    _Case(412, ErrorReason.ERROR_REASON_ETAG_MISMATCH, (412,)),
    _Case(413, ErrorReason.ERROR_REASON_MESSAGE_TOO_LARGE, (413,)),
    _Case(414, ErrorReason.ERROR_REASON_MESSAGE_TOO_LARGE, (414,)),
    # 494 is nginx's own number for headers that are too large.
    _Case(431, ErrorReason.ERROR_REASON_MESSAGE_TOO_LARGE, (431, 494)),
    _Case(429, ErrorReason.ERROR_REASON_OVERLOADED, (429,)),
    _Case(500, ErrorReason.ERROR_REASON_INTERNAL, (500,)),
    _Case(501, ErrorReason.ERROR_REASON_UNIMPLEMENTED, (501,)),
    _Case(503, ErrorReason.ERROR_REASON_UNAVAILABLE, (502, 503)),
    _Case(504, ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED, (504,)),
    _Case(505, ErrorReason.ERROR_REASON_MALFORMED_REQUEST, (505,)),
)
_LATER = 'add_header Retry-After "1" always;'
# nginx itself refuses TRACE and CONNECT only.
_MORE = {429: _LATER, 503: _LATER, 405: 'add_header Allow "GET, HEAD, POST, PATCH, DELETE, OPTIONS" always;'}


def error_pages() -> str:
    """Which location answers for which status."""
    return "\n".join(
        f"error_page {' '.join(map(str, case.statuses))} ={case.status} {_PLACE}/{case.status};" for case in _CASES
    )


def error_locations(headers: str = "") -> str:
    """The locations.

    Args:
        headers: directives that add headers to each of these answers.
    """
    return "\n".join(_location(case, headers) for case in _CASES)


def _location(case: _Case, headers: str) -> str:
    spec = spec_of(case.reason)
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": spec.reason, "domain": DOMAIN}
    body = {"code": spec.code.value[0], "message": spec.message, "details": [{**info, "metadata": {}}]}
    text = json.dumps(body).replace("'", r"\'")
    more = _MORE.get(case.status, "")
    return f"""
location = {_PLACE}/{case.status} {{
    internal;
    default_type application/json;
    add_header Cache-Control "no-store" always;
    add_header X-Content-Type-Options "nosniff" always;
    {more}
    {headers}
    return {case.status} '{text}';
}}"""
