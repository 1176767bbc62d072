"""Page tokens: where a page ended, opaque to clients.

base64url of: version (1 byte), checksum (8 bytes), JSON array of the key's values. The checksum covers the query's
fingerprint too, so that a token of another query, or an altered one, does not pass. It keeps clients honest and guards
no secret: who forges one gets a page that they may read anyway.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from hamlet.error.v1.error_reason_pb2 import ErrorReason

from mesh.errors import HamletError

__all__ = ["decode", "encode"]

_VERSION = b"\x01"
_CHECKSUM = 8
_MICROSECOND_KEY = "us"


def encode(values: Sequence[Any], query: bytes) -> str:
    """A token for a key of str, int, float and datetime values.

    Raises:
        TypeError: a value is of another type or None; such a column cannot be part of a keyset.
    """
    payload = json.dumps([_to_json(value) for value in values], separators=(",", ":")).encode()
    raw = _VERSION + _checksum(payload, query) + payload
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(token: str, query: bytes, width: int) -> list[Any]:
    """The key's values.

    Raises:
        HamletError: INVALID_PAGE_TOKEN; altered, of another version, or of another query.
    """
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _invalid() from None
    version, checksum, payload = raw[:1], raw[1 : 1 + _CHECKSUM], raw[1 + _CHECKSUM :]
    # Base64 has several spellings of the same bytes; only ours is taken.
    canonical = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    if token != canonical or version != _VERSION or checksum != _checksum(payload, query):
        raise _invalid()
    try:
        values = [_from_json(value) for value in json.loads(payload)]
    except (ValueError, TypeError, KeyError, OverflowError):
        raise _invalid() from None
    if len(values) != width:
        raise _invalid()
    return values


def _checksum(payload: bytes, query: bytes) -> bytes:
    return hashlib.blake2b(payload, key=query[:64], digest_size=_CHECKSUM, person=b"hamlet-page").digest()


def _to_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return {_MICROSECOND_KEY: value.astimezone(UTC).isoformat(timespec="microseconds")}
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return value
    raise TypeError(f"{type(value).__name__} cannot be part of a keyset")


def _from_json(value: Any) -> Any:
    return datetime.fromisoformat(value[_MICROSECOND_KEY]) if isinstance(value, dict) else value


def _invalid() -> HamletError:
    return HamletError(ErrorReason.ERROR_REASON_INVALID_PAGE_TOKEN)
