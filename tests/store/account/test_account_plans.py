"""Every list of accounts comes out of an index in its order, however many there are."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.account.domain.account import Role
from services.account.store import accounts, sessions
from services.account.tables import AccountRow, SessionRow
from services.storage.database import Database
from services.storage.ids import uuid7
from tests.store.plans import found_by_index, listed_by_index

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
IDS = [uuid7() for _ in range(400)]
LISTS: dict[str, dict[str, Any]] = {
    "all": {},
    "of a role": {"role": Role.AUTHOR},
    "suspended": {"suspended": True},
    "not suspended": {"suspended": False},
    "suspended of a role": {"role": Role.AUTHOR, "suspended": True},
}
LOOKUPS: dict[str, Callable[[AsyncSession], Awaitable[Any]]] = {
    "by name": lambda session: accounts.find_for_sign_in(session, "player1"),
    "by address": lambda session: accounts.find_for_sign_in(session, "player1@elsinore.example"),
    "an administrator": accounts.has_administrator,
    "another administrator": lambda session: accounts.has_other_administrator(session, IDS[0], NOW),
    "an account's sessions": lambda session: sessions.of_account(session, IDS[0]),
}


def _account(number: int) -> dict[str, Any]:
    return {
        "id": IDS[number],
        "username": f"player{number}",
        "email": f"player{number}@elsinore.example",
        "email_key": f"player{number}@elsinore.example",
        "display_name": "",
        "website": "",
        "role": int((Role.READER, Role.AUTHOR)[number // 2 % 2]),
        "suspended": number % 2 == 0,
        "suspended_until": None,
        "created_at": NOW,
        "updated_at": NOW,
        "version": 1,
        "password_hash": "",
    }


def _session(number: int) -> dict[str, Any]:
    later = NOW + timedelta(days=number)
    return {"id": uuid7(), "account_id": IDS[number % 40], "created_at": NOW, "refreshed_at": NOW, "expires_at": later}


@pytest.fixture
async def full(database: Database) -> Database:
    """400 accounts of two roles, half of them suspended, with as many sessions."""
    async with database.write() as session:
        await session.execute(insert(AccountRow), [_account(number) for number in range(400)])
        await session.execute(insert(SessionRow), [_session(number) for number in range(400)])
    return database


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_is_read_from_an_index_in_its_order(full: Database, name: str) -> None:
    chosen = {"role": None, "suspended": None, "now": NOW, "size": 5, "query": b"query", **LISTS[name]}
    await listed_by_index(full, lambda session, token: accounts.page(session, token=token, **chosen))


@pytest.mark.parametrize("name", LOOKUPS)
async def test_nothing_else_reads_a_table_from_end_to_end(full: Database, name: str) -> None:
    await found_by_index(full, LOOKUPS[name])
