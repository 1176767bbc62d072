"""Entity tags (RFC 9110, 8.8.3)."""

import hashlib
import re

__all__ = ["hashed", "state_named"]

# etagc of RFC 9110, without obs-text, which gRPC's metadata cannot carry.
_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e]*")')
_DIGITS = 24


def hashed(answer: bytes) -> str:
    """A tag for an answer without one of its own.

    Weak: the client gets JSON, made by a transcoder whose next release may print the same message otherwise.
    """
    # Processors have instructions for this hash: a page of posts takes half the time of BLAKE2.
    return f'W/"{hashlib.sha256(answer).hexdigest()[:_DIGITS]}"'


def state_named(header: str) -> str | None:
    """The state that an If-Match header names, in the form of an `etag` field, or None if it is not a single tag.

    `W/` is taken off although RFC 9110 lets a weak tag match nothing: an etag field names a state and not bytes, and
    it is a compressing proxy on the way that has made it weak.
    """
    match = _TAG.fullmatch(header.strip())
    return match[1] if match else None
