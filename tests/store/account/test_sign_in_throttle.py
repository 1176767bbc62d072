"""Guessing gets slow, for accounts that exist and for those that do not, and stops nobody on a device of their own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog

from mesh.errors import HamletError
from services.account.store import attempts
from services.storage.database import Database
from tests.store.account.people import PASSWORD, People

FEW: dict[str, Any] = {"guesses_of_login": 3, "guesses_of_address": 100, "guesses_of_device": 3}


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def goes_on(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@asynccontextmanager
async def with_gertrude(database: Database, clock: Clock, **settings: Any) -> AsyncIterator[People]:
    async with People.of(database, clock, **{**FEW, **settings}) as people:
        await people.add("gertrude")
        yield people


async def outcomes(people: People, login: str, *passwords: str, address: str = "", device: str = "") -> list[str]:
    found = []
    for password in passwords:
        try:
            await people.signing_in.sign_in(login, password, address, device)
            found.append("OK")
        except HamletError as error:
            found.append(error.spec.reason)
    return found


@pytest.mark.parametrize("login", ["gertrude", "gertrude@elsinore.example", "nobody"])
async def test_after_a_few_even_the_right_password_has_to_wait(database: Database, clock: Clock, login: str) -> None:
    async with with_gertrude(database, clock) as people:
        expected = ["INVALID_CREDENTIALS"] * 3 + ["RATE_LIMITED"]
        assert await outcomes(people, login, *["wrong"] * 3, PASSWORD) == expected


async def test_a_wait_says_how_long_and_passes(database: Database, clock: Clock) -> None:
    async with with_gertrude(database, clock) as people:
        await outcomes(people, "gertrude", *["wrong"] * 3)
        with pytest.raises(HamletError, match="RATE_LIMITED") as caught:
            await people.signing_in.sign_in("gertrude", PASSWORD, "")
        clock.goes_on((caught.value.retry_after or 0) - 0.001)
        assert await outcomes(people, "gertrude", PASSWORD) == ["RATE_LIMITED"]
        clock.goes_on(0.001)
        assert await outcomes(people, "gertrude", PASSWORD) == ["OK"]


async def test_a_wait_under_one_name_says_nothing_of_another(database: Database, clock: Clock) -> None:
    """Otherwise a wait for an address, after guesses under a username, would tell that both are one person's."""
    async with with_gertrude(database, clock) as people:
        await outcomes(people, "gertrude", *["wrong"] * 4)
        for other in ("gertrude@elsinore.example", "nobody@elsinore.example"):
            assert await outcomes(people, other, "wrong") == ["INVALID_CREDENTIALS"]


async def test_the_owner_s_sign_ins_give_guessers_nothing(database: Database, clock: Clock) -> None:
    async with with_gertrude(database, clock) as people:
        known = (await people.signing_in.sign_in("gertrude", PASSWORD, "")).device_token
        guesses = []
        for _ in range(5):
            guesses += await outcomes(people, "gertrude", "wrong")
            assert await outcomes(people, "gertrude", PASSWORD, device=known) == ["OK"]
        assert guesses == ["INVALID_CREDENTIALS"] * 3 + ["RATE_LIMITED"] * 2


async def test_a_device_that_is_known_has_guesses_of_its_own_and_no_more(database: Database, clock: Clock) -> None:
    async with with_gertrude(database, clock) as people:
        devices = [(await people.signing_in.sign_in("gertrude", PASSWORD, "")).device_token for _ in range(2)]
        await outcomes(people, "gertrude", *["wrong"] * 3)
        expected = ["INVALID_CREDENTIALS"] * 3 + ["RATE_LIMITED"]
        assert await outcomes(people, "gertrude", *["wrong"] * 3, PASSWORD, device=devices[0]) == expected
        assert await outcomes(people, "gertrude", "wrong", PASSWORD, device=devices[1]) == ["INVALID_CREDENTIALS", "OK"]


async def test_a_suspension_makes_devices_strangers(database: Database, clock: Clock) -> None:
    async with with_gertrude(database, clock) as people:
        signed_in = await people.signing_in.sign_in("gertrude", PASSWORD, "")
        await people.administration.suspend(signed_in.account.id, None)
        await people.administration.unsuspend(signed_in.account.id)
        await outcomes(people, "gertrude", *["wrong"] * 3)
        assert await outcomes(people, "gertrude", PASSWORD, device=signed_in.device_token) == ["RATE_LIMITED"]


async def test_many_guesses_at_once_are_no_faster_than_one_after_the_other(database: Database, clock: Clock) -> None:
    async with with_gertrude(database, clock) as people:
        throttle = people.signing_in.throttle
        guesses = throttle.stranger("gertrude", "192.0.2.1")
        results = await asyncio.gather(*(throttle.admit(guesses) for _ in range(12)), return_exceptions=True)
        assert sum(result is None for result in results) == 3


async def test_an_address_has_so_many_over_all_accounts_and_an_account_of_ones_own_does_not_help(
    database: Database, clock: Clock
) -> None:
    async with with_gertrude(database, clock, guesses_of_address=3) as people:
        found = []
        for number in range(4):
            found += await outcomes(people, f"victim-{number}", "wrong", address=f"2001:db8::{number}")
            await outcomes(people, "gertrude", PASSWORD, address="2001:db8::9")
        assert found == ["INVALID_CREDENTIALS"] * 3 + ["RATE_LIMITED"]
        assert await outcomes(people, "gertrude", PASSWORD, address="2001:db8:0:1::1") == ["OK"]


async def test_an_address_from_which_people_sign_in_without_failing_is_never_slow(
    database: Database, clock: Clock
) -> None:
    async with with_gertrude(database, clock, guesses_of_address=1) as people:
        assert await outcomes(people, "gertrude", *[PASSWORD] * 4, address="192.0.2.1") == ["OK"] * 4


async def test_while_many_fail_all_over_strangers_have_less_and_a_first_try_still(
    database: Database, clock: Clock
) -> None:
    async with with_gertrude(database, clock, failures_of_all=10) as people:
        for number in range(9):
            await outcomes(people, f"victim-{number}", "wrong", address=f"192.0.2.{number}")
        with structlog.testing.capture_logs() as logs:
            await outcomes(people, "victim-9", "wrong", address="192.0.2.9")
            await outcomes(people, "victim-10", "wrong", address="192.0.2.10")
        assert [each["event"] for each in logs] == ["sign_in.many_fail"]
        assert await outcomes(people, "victim-0", "wrong") == ["RATE_LIMITED"]
        assert await outcomes(people, "nobody-yet", "wrong", "wrong") == ["INVALID_CREDENTIALS", "RATE_LIMITED"]
        assert await outcomes(people, "gertrude", PASSWORD, address="198.51.100.7") == ["OK"]
        clock.goes_on(60)
        assert await outcomes(people, "victim-0", "wrong") == ["INVALID_CREDENTIALS"]


async def test_attempts_that_are_refused_write_nothing_and_what_was_counted_is_purged(
    database: Database, clock: Clock
) -> None:
    async with with_gertrude(database, clock) as people:
        await outcomes(people, "gertrude", *["wrong"] * 6, address="192.0.2.1")
        subjects = [attempts.of_login("gertrude"), attempts.from_address("192.0.2.1"), attempts.EVERYBODY]
        async with database.read() as session:
            counted = await attempts.so_far(session, subjects, clock.now)
        assert [counted[each].failures for each in subjects] == [3, 3, 3]
        async with database.write() as session:
            assert await attempts.purge(session, clock.now + people.settings.attempts_forgotten_after) == 3
