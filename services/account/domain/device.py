"""Devices on which a person has signed in before, known by a token that the server need not keep.

OWASP calls them device cookies: guesses on a device that knew the password once are counted apart from those of
strangers, so that strangers who use up theirs do not lock the owner out. The token admits nobody; it opens a counter.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

__all__ = ["Device", "new_device_key"]

_KEY, _NAME, _TIME, _SIGNATURE = 32, 16, 8, 32


def new_device_key() -> bytes:
    """What an account's device tokens are signed with. With a new one all devices are strangers again."""
    return secrets.token_bytes(_KEY)


@dataclass(frozen=True, slots=True)
class Device:
    """
    Attributes:
        name: made up when the device was first seen; says nothing of it.
    """

    account_id: str
    name: bytes

    @classmethod
    def new(cls, account_id: str) -> Self:
        return cls(account_id, secrets.token_bytes(_NAME))

    def token(self, key: bytes, now: datetime) -> str:
        """What the device shows the next time: its name, the time and an HMAC (RFC 2104) over both and the account."""
        shown = self.name + int(now.timestamp()).to_bytes(_TIME)
        return base64.urlsafe_b64encode(shown + self._signature(key, shown)).rstrip(b"=").decode()

    @classmethod
    def read(cls, token: str, account_id: str, key: bytes, now: datetime, lifetime: timedelta) -> Self | None:
        """The device whose token it is, or None: of another account, revoked, too old, made up.

        Args:
            key: of the account; any other bytes for an account that does not exist, which takes as long.
        """
        shown, signature = _parts(token)
        device = cls(account_id, shown[:_NAME])
        if not hmac.compare_digest(signature, device._signature(key, shown)):
            return None
        issued = datetime.fromtimestamp(int.from_bytes(shown[_NAME:]), UTC)
        return device if now - issued < lifetime else None

    def _signature(self, key: bytes, shown: bytes) -> bytes:
        return hmac.digest(key, self.account_id.encode() + b"\0" + shown, hashlib.sha256)


def _parts(token: str) -> tuple[bytes, bytes]:
    """What is signed and the signature; of what is no token, bytes that nobody signed."""
    try:
        data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        data = b""
    if len(data) != _NAME + _TIME + _SIGNATURE:
        data = bytes(_NAME + _TIME + _SIGNATURE)
    return data[: _NAME + _TIME], data[_NAME + _TIME :]
