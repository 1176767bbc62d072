"""Guessing gets slow, for accounts that exist and for those that do not, and nobody is locked out for good."""

import asyncio
from typing import Any

import pytest

from mesh.errors import HamletError
from services.account.handlers.throttle import Guesses, Throttle
from services.account.settings import AccountSettings
from services.account.store import attempts
from services.storage.database import Database
from tests.store.account.people import PASSWORD, People

FREE: dict[str, Any] = {"free_failures": 3, "failure_wait": 60.0}


async def _outcomes(people: People, login: str, *passwords: str, address: str = "") -> list[str]:
    outcomes = []
    for password in passwords:
        try:
            await people.signing_in.sign_in(login, password, address)
            outcomes.append("OK")
        except HamletError as error:
            outcomes.append(error.spec.reason)
    return outcomes


@pytest.mark.parametrize("login", ["gertrude", "nobody"])
async def test_after_the_free_failures_even_the_right_password_has_to_wait(database: Database, login: str) -> None:
    async with People.of(database, **FREE) as people:
        await people.add("gertrude")
        guesses = ["wrong"] * 4
        assert await _outcomes(people, login, *guesses, PASSWORD) == ["INVALID_CREDENTIALS"] * 4 + ["RATE_LIMITED"]


async def test_a_wait_says_how_long_and_passes(database: Database) -> None:
    async with People.of(database, free_failures=0, failure_wait=0.4) as people:
        gertrude = await people.add("gertrude")
        await _outcomes(people, "gertrude", "wrong")
        with pytest.raises(HamletError, match="RATE_LIMITED") as caught:
            await people.sign_in(gertrude)
        wait = caught.value.retry_after
        assert wait is not None
        assert 0 < wait <= 0.4
        await asyncio.sleep(wait)
        assert (await people.sign_in(gertrude)).account == gertrude


async def test_success_forgets_the_failures_before_it(database: Database) -> None:
    async with People.of(database, **FREE) as people:
        await people.add("gertrude")
        for _ in range(3):
            assert await _outcomes(people, "gertrude", "wrong", "wrong", PASSWORD) == [
                *["INVALID_CREDENTIALS"] * 2,
                "OK",
            ]


async def test_many_guesses_at_once_are_no_faster_than_one_after_the_other(database: Database) -> None:
    throttle = Throttle(database, AccountSettings(**FREE))
    guesses = Guesses(attempts.of_account("1"), None)
    results = await asyncio.gather(*(throttle.admit(guesses) for _ in range(12)), return_exceptions=True)
    assert sum(result is None for result in results) == 4


async def test_an_account_of_ones_own_does_not_wipe_the_slate_of_an_address_clean(database: Database) -> None:
    async with People.of(database, free_failures_of_address=3, failure_wait=60.0) as people:
        await people.add("claudius")
        outcomes = []
        for number in range(5):
            outcomes += await _outcomes(people, f"victim-{number}", "wrong", address="192.0.2.1")
            outcomes += await _outcomes(people, "claudius", PASSWORD, address="192.0.2.1")
        assert "RATE_LIMITED" in outcomes
        assert await _outcomes(people, "claudius", PASSWORD, address="192.0.2.2") == ["OK"]


async def test_an_address_from_which_people_sign_in_without_failing_is_never_slow(database: Database) -> None:
    async with People.of(database, free_failures_of_address=1) as people:
        await people.add("claudius")
        assert await _outcomes(people, "claudius", *[PASSWORD] * 6, address="192.0.2.1") == ["OK"] * 6
