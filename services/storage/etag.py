"""Strong entity tags (RFC 9110, section 8.8.3; AIP-154), quotes included."""

import hashlib
from datetime import UTC, datetime

from hamlet.error.v1.error_reason_pb2 import ErrorReason

from mesh.errors import HamletError

__all__ = ["etag_of", "require_etag"]


def etag_of(*parts: str | int | datetime) -> str:
    """The tag of a resource's state: its id and whatever changes with it, a revision number or its update time."""
    digest = hashlib.blake2b(digest_size=12, person=b"hamlet-etag")
    for part in parts:
        text = part.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(part, datetime) else str(part)
        encoded = text.encode()
        digest.update(len(encoded).to_bytes(8) + encoded)
    return f'"{digest.hexdigest()}"'


def require_etag(sent: str, current: str) -> None:
    """Refuses a change of something that its sender has not seen. An empty `sent` asks for no check.

    Raises:
        HamletError: ETAG_MISMATCH.
    """
    if sent and sent != current:
        raise HamletError(ErrorReason.ERROR_REASON_ETAG_MISMATCH)
