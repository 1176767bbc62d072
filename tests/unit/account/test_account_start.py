"""A database that is busy when everybody starts does not end the account service."""

import pytest

from mesh.errors import ErrorReason, HamletError
from services.account.app import _with_a_database


class Database:
    """Refuses with one reason after the other, then works."""

    def __init__(self, *reasons: ErrorReason.ValueType) -> None:
        self.reasons, self.asked = list(reasons), 0

    async def work(self) -> None:
        self.asked += 1
        if self.reasons:
            raise HamletError(self.reasons.pop(0))


async def test_it_is_asked_again_while_it_cannot_be_reached() -> None:
    busy = Database(ErrorReason.ERROR_REASON_UNAVAILABLE, ErrorReason.ERROR_REASON_UNAVAILABLE)
    await _with_a_database(busy.work)
    assert busy.asked == 3


async def test_what_will_not_pass_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    full = Database(ErrorReason.ERROR_REASON_STORAGE_FULL)
    with pytest.raises(HamletError):
        await _with_a_database(full.work)
    assert full.asked == 1
    monkeypatch.setattr("services.account.app._PATIENCE_SECONDS", 0.0)
    away = Database(*[ErrorReason.ERROR_REASON_UNAVAILABLE] * 2)
    with pytest.raises(HamletError):
        await _with_a_database(away.work)
