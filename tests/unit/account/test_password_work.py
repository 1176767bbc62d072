"""Hashing stays beside the event loop and within its bound."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from mesh.errors import HamletError
from services.account.passwords import Passwords
from services.account.settings import AccountSettings

_CHEAP: dict[str, Any] = {"password_memory": 19_456, "password_passes": 2, "password_lanes": 1}


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(AccountSettings(**_CHEAP, password_workers=1, password_queue=2))
    yield made
    made.close()


async def test_a_password_is_recognised_and_no_other(passwords: Passwords) -> None:
    hashed = await passwords.hash("to be or not to be")
    assert hashed.startswith("$argon2id$")
    assert await passwords.check("to be or not to be", hashed)
    assert not await passwords.check("to be or not", hashed)


async def test_nobody_has_no_password_not_even_an_empty_one(passwords: Passwords) -> None:
    assert not await passwords.check("", None)
    assert not await passwords.check("anything at all", None)


async def test_more_than_the_queue_holds_is_shed_at_once(passwords: Passwords) -> None:
    answers = await asyncio.gather(*(passwords.hash("violets") for _ in range(8)), return_exceptions=True)
    shed = [each for each in answers if isinstance(each, HamletError)]
    assert len(shed) == 5
    assert {each.spec.reason for each in shed} == {"OVERLOADED"}
    assert all(each.retry_after for each in shed)
    assert await passwords.hash("violets")


async def test_callers_who_give_up_leave_their_places(passwords: Passwords) -> None:
    waiting = [asyncio.create_task(passwords.hash("violets")) for _ in range(3)]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert await passwords.hash("violets")


async def test_a_hash_with_other_parameters_is_outdated(passwords: Passwords) -> None:
    hashed = await passwords.hash("violets")
    assert not passwords.is_outdated(hashed)
    stronger = Passwords(AccountSettings(**{**_CHEAP, "password_passes": 3}))
    assert stronger.is_outdated(hashed)
    stronger.close()
