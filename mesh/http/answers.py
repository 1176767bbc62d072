"""The headers of an answer, as gRPC metadata that the transcoder hands on (measured, docs/rest.md).

Of a call that succeeds they are initial metadata, sent with the first message and not before: a stream that has begun
cannot fail with a status any more. Of one that fails they are the trailing metadata of an answer that has nothing else.
"""

import math

from hamlet.error.v1.error_reason_pb2 import ErrorReason

from mesh.call import Call
from mesh.errors import HamletError
from mesh.http import caching, entity_tags, links, quotas
from mesh.http.shape import shape_of

__all__ = ["answer_headers", "error_headers", "stream_headers"]

Headers = tuple[tuple[str, str], ...]
_NOT_FOUND, _UNAUTHENTICATED, _UNAVAILABLE = 5, 16, 14
_MOMENT = 1.0
_STATUS = "x-hamlet-status"
"""Tells the edge an HTTP status that gRPC has no code for; the edge takes it off."""


def answer_headers(call: Call, encoded: bytes) -> Headers:
    """Of a unary answer.

    Args:
        encoded: the answer as it is sent.
    """
    shape, answer = shape_of(call.method), call.response
    public = caching.is_public(call)
    headers = caching.public_headers(call, shape, answer) if public else [caching.PRIVATE]
    if shape.tagged and answer.etag:
        headers.append(("etag", answer.etag))
    elif public:
        headers.append(("etag", entity_tags.hashed(encoded)))
    if shape.paged and (link := links.page_links(shape, call.request, answer.next_page_token)):
        headers.append(("link", link))
    return (*headers, *_limits(call, public=public))


def stream_headers(call: Call) -> Headers:
    """Of a stream that begins."""
    return (caching.PRIVATE, *_limits(call, public=False))


def error_headers(call: Call, error: HamletError) -> Headers:
    """Kept is only that something is not there, for those without a token and as long as if it were: thousands may ask
    for a post that was withdrawn. Of any other error the next reader may be luckier."""
    public = error.code.value[0] == _NOT_FOUND and caching.is_public(call)
    headers = caching.public_headers(call, shape_of(call.method), None) if public else [caching.PRIVATE]
    headers += _limits(call, public=public)
    if (seconds := _retry_after(error)) is not None:
        headers.append(("retry-after", str(math.ceil(seconds))))
    if error.code.value[0] == _UNAUTHENTICATED:
        headers.append(("www-authenticate", _challenge(error)))
    if error.reason == ErrorReason.ERROR_REASON_ETAG_MISMATCH and "if-match" in call.metadata:
        headers.append((_STATUS, "412"))
    return tuple(headers)


def _limits(call: Call, *, public: bool) -> Headers:
    """What the contract admits is everybody's; what is left is one caller's, and no cache may replay it to others."""
    limit = call.method.rate_limit
    if limit is None:
        return ()
    policy = quotas.policy_header(call, limit)
    return (policy,) if public or call.quota is None else (policy, quotas.quota_header(call, call.quota))


def _retry_after(error: HamletError) -> float | None:
    """As the error says; where a service is away or full and cannot say, a moment."""
    passes = error.code.value[0] == _UNAVAILABLE or error.reason == ErrorReason.ERROR_REASON_OVERLOADED
    return _MOMENT if error.retry_after is None and passes else error.retry_after


def _challenge(error: HamletError) -> str:
    """RFC 9110, 11.6.1, and RFC 6750, 3."""
    refused = error.reason == ErrorReason.ERROR_REASON_INVALID_TOKEN
    return 'Bearer realm="hamlet", error="invalid_token"' if refused else 'Bearer realm="hamlet"'
