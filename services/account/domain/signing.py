"""When which key signs, and how long its public half is published."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

__all__ = ["KeyTimes", "Schedule"]


@dataclass(frozen=True, slots=True)
class KeyTimes:
    """
    Attributes:
        active_at: when tokens are first signed with it.
    """

    kid: str
    created_at: datetime
    active_at: datetime


class Schedule:
    """The keys of a village in the order in which they sign.

    Args:
        outlives: how long a token may be accepted after it was signed: its lifetime and the verifiers' leeway.
    """

    def __init__(self, keys: Sequence[KeyTimes], outlives: timedelta) -> None:
        self._keys = sorted(keys, key=lambda key: (key.active_at, key.kid))
        self._outlives = outlives

    def signing(self, now: datetime) -> KeyTimes | None:
        """The newest key whose time has come."""
        active = [key for key in self._keys if key.active_at <= now]
        return active[-1] if active else None

    def pending(self, now: datetime) -> KeyTimes | None:
        """A key that is published and does not sign yet."""
        return next((key for key in self._keys if key.active_at > now), None)

    def retired_at(self, kid: str) -> datetime | None:
        """When the last token signed with a key is worthless; None for the one that signs last."""
        for key, successor in zip(self._keys, self._keys[1:], strict=False):
            if key.kid == kid:
                return successor.active_at + self._outlives
        return None

    def retired(self, now: datetime) -> list[str]:
        """Keys that are needed no more."""
        return [key.kid for key in self._keys if (at := self.retired_at(key.kid)) is not None and at <= now]

    def next_retirement(self) -> datetime | None:
        return min((at for key in self._keys if (at := self.retired_at(key.kid)) is not None), default=None)
