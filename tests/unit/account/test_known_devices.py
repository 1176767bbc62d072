"""A device token is good for one account, until its key changes or it grows old, and opens nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.account.domain.device import Device, new_device_key

NOW = datetime(2026, 11, 24, tzinfo=UTC)
YEAR = timedelta(days=365)
KEY = new_device_key()
DEVICE = Device.new("ophelia")


def read(token: str, account_id: str = "ophelia", key: bytes = KEY, now: datetime = NOW) -> Device | None:
    return Device.read(token, account_id, key, now, YEAR)


def test_a_token_says_which_device_it_is_and_a_renewed_one_says_the_same() -> None:
    assert read(DEVICE.token(KEY, NOW)) == DEVICE
    assert read(DEVICE.token(KEY, NOW + YEAR), now=NOW + YEAR) == DEVICE
    assert Device.new("ophelia") != DEVICE
    assert len(DEVICE.token(KEY, NOW)) <= 128


def test_another_account_another_key_and_age_make_it_worthless() -> None:
    token = DEVICE.token(KEY, NOW)
    assert read(token, account_id="claudius") is None
    assert read(token, account_id="") is None
    assert read(token, key=new_device_key()) is None
    assert read(token, now=NOW + YEAR) is None


@pytest.mark.parametrize("place", [0, 20, 30, 50, 70])
def test_one_changed_character_is_enough(place: int) -> None:
    token = DEVICE.token(KEY, NOW)
    changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
    assert read(changed) is None


@given(text=st.text(max_size=128) | st.binary(max_size=96).map(lambda data: data.hex()))
def test_what_is_no_token_is_nobody_s_device(text: str) -> None:
    assert read(text) is None
