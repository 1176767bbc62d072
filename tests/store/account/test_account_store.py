"""Accounts, their uniqueness, their administrators and their lists, on both databases."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from hamlet.account.v1.account_admin_service_pb2 import CreateAdminRequest, ListAccountsRequest
from sqlalchemy import insert, text

from mesh.errors import HamletError
from mesh.policy import Role as ContractRole
from services.account.app import MIGRATIONS
from services.account.convert import account_message
from services.account.domain.account import Account, Role
from services.account.handlers.registration import Registration
from services.account.store import accounts, attempts, sessions
from services.account.tables import AttemptsRow, Base
from services.storage.database import Database
from services.storage.migration import differences, heads
from services.storage.paging import query_fingerprint
from tests.store.account.people import PASSWORD, People

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


def _reasons(results: list[object]) -> list[str]:
    return sorted(each.spec.reason if isinstance(each, HamletError) else "OK" for each in results)


async def _all(*work: Awaitable[object]) -> list[object]:
    return list(await asyncio.gather(*work, return_exceptions=True))


def test_migrations_make_the_declared_tables(migrated_url: str) -> None:
    assert differences(migrated_url, Base.metadata) == []


def test_the_history_of_accounts_has_one_head() -> None:
    assert len(heads(MIGRATIONS)) == 1


async def test_an_account_is_found_by_its_address_in_any_spelling_and_by_its_username(people: People) -> None:
    gertrude = await people.add("gertrude")
    async with people.database.read() as session:
        for login in ("gertrude", "GERTRUDE", " Gertrude@Elsinore.Example "):
            found = await accounts.find_for_sign_in(session, login)
            assert found is not None
            assert found[0] == gertrude
        assert await accounts.find_for_sign_in(session, "claudius") is None


@pytest.mark.parametrize(
    ("username", "email", "reason"),
    [("gertrude", "other@x.example", "USERNAME_TAKEN"), ("queen", "GERTRUDE@elsinore.example", "EMAIL_TAKEN")],
)
async def test_usernames_and_addresses_are_unique(people: People, username: str, email: str, reason: str) -> None:
    await people.add("gertrude")
    double = Account.new("2", username, email, "", Role.READER, NOW)
    with pytest.raises(HamletError, match=reason):
        async with people.database.write() as session:
            await accounts.add(session, double, "hash")


async def test_of_many_registrations_at_once_with_one_name_one_succeeds(people: People) -> None:
    results = await _all(*(people.add("gertrude") for _ in range(6)))
    reasons = _reasons(results)
    assert reasons.count("OK") == 1
    assert set(reasons) <= {"OK", "USERNAME_TAKEN", "EMAIL_TAKEN"}


Removal = Callable[[People, Account], Awaitable[object]]


async def _demote(people: People, account: Account) -> object:
    return await people.administration.set_role(account.id, Role.READER)


async def _suspend(people: People, account: Account) -> object:
    return await people.administration.suspend(account.id, None)


@pytest.mark.parametrize(("first", "second"), [(_demote, _demote), (_suspend, _suspend), (_demote, _suspend)])
async def test_two_administrators_who_remove_each_other_at_once_leave_one(
    people: People, first: Removal, second: Removal
) -> None:
    for attempt in range(5):
        one = await people.add(f"one-{attempt}", Role.ADMIN)
        two = await people.add(f"two-{attempt}", Role.ADMIN)
        assert _reasons(await _all(first(people, one), second(people, two))) == ["LAST_ADMIN", "OK"]
        async with people.database.write() as session:
            for account in (one, two):
                await accounts.delete_account(session, account.id)


async def test_an_administrator_who_is_suspended_does_not_count_as_another(people: People) -> None:
    one, two = await people.add("one", Role.ADMIN), await people.add("two", Role.ADMIN)
    await people.administration.suspend(two.id, datetime.now(UTC) + DAY)
    with pytest.raises(HamletError, match="LAST_ADMIN"):
        await people.administration.set_role(one.id, Role.AUTHOR)
    await people.administration.set_role(two.id, Role.AUTHOR)


async def test_of_many_first_administrators_at_once_one_is_made(people: People) -> None:
    registration = Registration(people.database, people.passwords, account_message)

    def create(number: int) -> Awaitable[object]:
        name = f"admin-{number}"
        request = CreateAdminRequest(
            username=name, email=f"{name}@x.example", password="rue for remembrance", only_if_none=True
        )
        return registration.create_admin(request)

    assert _reasons(await _all(*(create(number) for number in range(5)))) == ["ADMIN_EXISTS"] * 4 + ["OK"]


async def test_pages_show_every_account_once_the_newest_first(people: People) -> None:
    added = [await people.add(f"player-{number}") for number in range(7)]
    seen, token = [], ""
    while True:
        page = await people.administration.page(role=None, suspended=None, size=3, token=token, query=b"all")
        seen += page.items
        token = page.next_page_token
        if not token:
            break
    assert seen == added[::-1]


async def test_lists_filter_by_role_and_state_and_a_passed_suspension_counts_as_active(people: People) -> None:
    author, admin = await people.add("author", Role.AUTHOR), await people.add("admin", Role.ADMIN)
    gone, back = await people.add("gone"), await people.add("back")
    await people.administration.suspend(gone.id, None)
    await people.administration.suspend(back.id, datetime.now(UTC) + timedelta(microseconds=1))

    async def ids(role: Role | None = None, suspended: bool | None = None) -> set[str]:
        page = await people.administration.page(role=role, suspended=suspended, size=50, token="", query=b"")
        return {account.username for account in page.items}

    assert await ids(role=Role.AUTHOR) == {author.username}
    assert await ids(suspended=True) == {"gone"}
    assert await ids(suspended=False) == {author.username, admin.username, "back"}
    assert await ids(role=Role.READER, suspended=True) == {"gone"}


async def test_a_page_token_belongs_to_its_filter(people: People) -> None:
    for number in range(3):
        await people.add(f"player-{number}")
    query = query_fingerprint(ListAccountsRequest(role=ContractRole.ROLE_READER))
    page = await people.administration.page(role=Role.READER, suspended=None, size=1, token="", query=query)
    other = query_fingerprint(ListAccountsRequest(role=ContractRole.ROLE_AUTHOR))
    with pytest.raises(HamletError, match="INVALID_PAGE_TOKEN"):
        await people.administration.page(
            role=Role.AUTHOR, suspended=None, size=1, token=page.next_page_token, query=other
        )


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    ("condition", "index"),
    [("role = 4", "ix_accounts_role"), ("suspended = 1 AND suspended_until IS NULL", "ix_accounts_suspended")],
)
async def test_lists_are_served_by_an_index(database: Database, condition: str, index: str) -> None:
    async with database.read() as session:
        statement = f"EXPLAIN QUERY PLAN SELECT * FROM accounts WHERE {condition} ORDER BY id DESC LIMIT 50"  # noqa: S608
        plan = " ".join(str(row) for row in (await session.execute(text(statement))).all())
    assert index in plan
    assert "TEMP B-TREE" not in plan


async def test_deleting_an_account_deletes_its_sessions_and_tokens(people: People) -> None:
    gertrude = await people.add("gertrude")
    signed_in = await people.sign_in(gertrude)
    async with people.database.write() as session:
        await accounts.delete_account(session, gertrude.id)
    async with people.database.write() as session:
        assert await sessions.of_account(session, gertrude.id) == []
        assert await sessions.find_by_token(session, signed_in.refresh_token) is None


async def test_expired_sessions_and_old_attempts_are_purged(people: People) -> None:
    gertrude = await people.add("gertrude")
    await people.sign_in(gertrude)
    old = {"subject": attempts.of_login("nobody"), "failures": 3, "last_at": NOW - DAY, "blocked_until": NOW}
    async with people.database.write() as session:
        await session.execute(insert(AttemptsRow).values(**old))
        assert await sessions.purge(session, NOW) == 0
        assert await sessions.purge(session, NOW + 31 * DAY) == 1
        assert await attempts.purge(session, NOW - timedelta(hours=1)) == 1
        assert await attempts.purge(session, NOW + timedelta(hours=1)) == 1, "what is left of the sign-in"
        assert (await session.execute(text("SELECT count(*) FROM sign_in_attempts"))).scalar_one() == 0


async def test_the_right_password_signs_in_and_a_stored_hash_is_renewed_when_parameters_change(people: People) -> None:
    gertrude = await people.add("gertrude")
    async with people.database.read() as session:
        before = await accounts.password_hash_of(session, gertrude.id)
    async with People.of(people.database, password_passes=3) as stronger:
        await stronger.sign_in(gertrude)
        async with people.database.read() as session:
            after = await accounts.password_hash_of(session, gertrude.id)
        assert before is not None
        assert after is not None
        assert ("t=2" in before, "t=3" in after) == (True, True)
        await stronger.sign_in(gertrude, PASSWORD)
