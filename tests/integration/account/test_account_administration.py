"""What administrators and operators do, over mTLS and the whole chain."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hamlet.account.v1 import account_admin_service_pb2 as admin
from hamlet.account.v1 import account_service_pb2 as own
from hamlet.account.v1.account_pb2 import ACCOUNT_STATE_ACTIVE, ACCOUNT_STATE_SUSPENDED, Account, AccountState

from mesh.policy import Role
from mesh.testing.service import person
from services.storage.ids import uuid7
from tests.integration.account.elsinore import PASSWORD, Elsinore, me, refusal


async def _list(castle: Elsinore, **fields: object) -> admin.ListAccountsResponse:
    return await castle.admin().ListAccounts(admin.ListAccountsRequest(**fields))  # type: ignore[arg-type]


async def _set_role(castle: Elsinore, account_id: str, role: Role.ValueType) -> Account:
    return await castle.admin().SetRole(admin.SetRoleRequest(account_id=account_id, role=role))


async def _suspend(castle: Elsinore, account_id: str, until: datetime | None = None) -> Account:
    at = None if until is None else Timestamp()
    if at is not None and until is not None:
        at.FromDatetime(until)
    return await castle.admin().SuspendAccount(admin.SuspendAccountRequest(account_id=account_id, until=at))


async def _unsuspend(castle: Elsinore, account_id: str) -> Account:
    return await castle.admin().UnsuspendAccount(admin.UnsuspendAccountRequest(account_id=account_id))


async def test_accounts_are_listed_the_newest_first_by_pages(castle: Elsinore) -> None:
    made = [await castle.register(name) for name in ("bernardo", "francisco", "marcellus")]
    first = await _list(castle, page_size=2)
    second = await _list(castle, page_size=2, page_token=first.next_page_token)
    assert [*first.accounts, *second.accounts] == made[::-1]
    assert second.next_page_token == ""


async def test_lists_are_filtered_by_role_and_state(castle: Elsinore) -> None:
    reader, author = await castle.register("reader"), await castle.register("author")
    author = await _set_role(castle, author.id, Role.ROLE_AUTHOR)
    reader = await _suspend(castle, reader.id)
    assert list((await _list(castle, role=Role.ROLE_AUTHOR)).accounts) == [author]
    assert list((await _list(castle, state=ACCOUNT_STATE_SUSPENDED)).accounts) == [reader]
    assert list((await _list(castle, state=ACCOUNT_STATE_ACTIVE)).accounts) == [author]


async def test_a_page_token_of_another_list_is_refused(castle: Elsinore) -> None:
    for name in ("bernardo", "francisco"):
        await castle.register(name)
    token = (await _list(castle, page_size=1)).next_page_token
    for fields in ({"page_token": token, "role": Role.ROLE_READER}, {"page_token": token[:-2]}, {"page_token": "x"}):
        assert (await refusal(_list(castle, **fields))).spec.reason == "INVALID_PAGE_TOKEN"


@pytest.mark.parametrize("role", [Role.ROLE_READER, Role.ROLE_AUTHOR, Role.ROLE_MODERATOR])
async def test_nobody_below_an_administrator_administers(castle: Elsinore, role: Role.ValueType) -> None:
    stub = castle.admin(person(uuid7(), role))
    for work in (
        stub.ListAccounts(admin.ListAccountsRequest()),
        stub.SetRole(admin.SetRoleRequest(account_id=uuid7(), role=Role.ROLE_ADMIN)),
        stub.SuspendAccount(admin.SuspendAccountRequest(account_id=uuid7())),
        stub.UnsuspendAccount(admin.UnsuspendAccountRequest(account_id=uuid7())),
        stub.RotateSigningKey(admin.RotateSigningKeyRequest()),
    ):
        assert (await refusal(work)).spec.reason == "ROLE_REQUIRED"


async def test_a_role_is_set_and_setting_it_again_changes_nothing(castle: Elsinore) -> None:
    horatio = await castle.register("horatio")
    author = await _set_role(castle, horatio.id.upper(), Role.ROLE_AUTHOR)
    assert author.role == Role.ROLE_AUTHOR
    assert await _set_role(castle, horatio.id, Role.ROLE_AUTHOR) == author
    operator = castle.operator().SetRole(admin.SetRoleRequest(account_id=horatio.id, role=Role.ROLE_ADMIN))
    assert (await operator).role == Role.ROLE_ADMIN


async def test_whoever_does_not_exist_cannot_be_administered(castle: Elsinore) -> None:
    for work in (
        _set_role(castle, uuid7(), Role.ROLE_AUTHOR),
        _suspend(castle, uuid7()),
        _unsuspend(castle, uuid7()),
    ):
        assert (await refusal(work)).spec.reason == "ACCOUNT_NOT_FOUND"


async def test_the_last_administrator_stays(castle: Elsinore) -> None:
    only = await castle.create_admin("claudius")
    for work in (
        _set_role(castle, only.id, Role.ROLE_READER),
        _suspend(castle, only.id),
        castle.accounts(me(only)).DeleteAccount(own.DeleteAccountRequest(account_id="me")),
    ):
        assert (await refusal(work)).spec.reason == "LAST_ADMIN"
    other = await castle.create_admin("polonius")
    assert (await _set_role(castle, only.id, Role.ROLE_READER)).role == Role.ROLE_READER
    assert (await refusal(_suspend(castle, other.id))).spec.reason == "LAST_ADMIN"


async def test_of_two_administrators_who_leave_at_once_one_stays(castle: Elsinore) -> None:
    both = [await castle.create_admin(name) for name in ("claudius", "polonius")]
    work = [castle.accounts(me(each)).DeleteAccount(own.DeleteAccountRequest(account_id="me")) for each in both]
    results = await asyncio.gather(*work, return_exceptions=True)
    assert sum(isinstance(each, Exception) for each in results) == 1
    assert len((await _list(castle, role=Role.ROLE_ADMIN)).accounts) == 1


async def test_a_suspension_ends_sessions_and_says_until_when(castle: Elsinore) -> None:
    horatio = await castle.register("horatio")
    session = await castle.sign_in("horatio")
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    suspended = await _suspend(castle, horatio.id, until)
    assert suspended.state == ACCOUNT_STATE_SUSPENDED
    assert suspended.suspended_until.ToDatetime(UTC) == until
    new = own.ChangePasswordRequest(account_id="me", current_password=PASSWORD, new_password="there is pansies")
    for work in (
        castle.refresh(session),
        castle.sign_in("horatio"),
        castle.accounts(me(horatio)).ChangePassword(new),
    ):
        error = await refusal(work)
        assert (error.spec.reason, error.metadata) == (
            "ACCOUNT_SUSPENDED",
            {"until": until.isoformat().replace("+00:00", "Z")},
        )
    assert (await refusal(castle.sign_in("horatio", "a wrong password"))).spec.reason == "INVALID_CREDENTIALS"
    back = await _unsuspend(castle, horatio.id)
    assert (back.state, back.HasField("suspended_until")) == (ACCOUNT_STATE_ACTIVE, False)
    assert await _unsuspend(castle, horatio.id) == back
    assert (await refusal(castle.refresh(session))).spec.reason == "INVALID_REFRESH_TOKEN"
    await castle.sign_in("horatio")


async def test_a_suspension_passes_by_itself(castle: Elsinore) -> None:
    horatio = await castle.register("horatio")
    until = datetime.now(UTC) + timedelta(seconds=0.5)
    await _suspend(castle, horatio.id, until)
    assert (await refusal(castle.sign_in("horatio"))).spec.reason == "ACCOUNT_SUSPENDED"
    await asyncio.sleep((until - datetime.now(UTC)).total_seconds())
    session = await castle.sign_in("horatio")
    assert (session.account.state, session.account.HasField("suspended_until")) == (ACCOUNT_STATE_ACTIVE, False)


async def test_a_suspension_cannot_end_in_the_past(castle: Elsinore) -> None:
    horatio = await castle.register("horatio")
    error = await refusal(_suspend(castle, horatio.id, datetime(2020, 1, 1, tzinfo=UTC)))
    assert error.spec.reason == "INVALID_REQUEST"


async def test_an_operator_creates_administrators_and_only_the_first_if_that_is_asked(castle: Elsinore) -> None:
    first = await castle.create_admin("claudius", only_if_none=True)
    assert (first.role, AccountState.Name(first.state)) == (Role.ROLE_ADMIN, "ACCOUNT_STATE_ACTIVE")
    again = castle.create_admin("polonius", only_if_none=True)
    assert (await refusal(again)).spec.reason == "ADMIN_EXISTS"
    assert (await castle.create_admin("polonius")).role == Role.ROLE_ADMIN
    assert (await castle.sign_in("claudius")).account.id == first.id


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"username": "claudius", "email": "x@y.example"}, "USERNAME_TAKEN"),
        ({"username": "other", "email": "Claudius@elsinore.example"}, "EMAIL_TAKEN"),
        ({"username": "other", "password": "1234567890"}, "PASSWORD_UNSAFE"),
    ],
)
async def test_an_administrator_that_cannot_be_is_refused(
    castle: Elsinore, fields: dict[str, str], reason: str
) -> None:
    await castle.create_admin("claudius")
    assert (await refusal(castle.create_admin(**fields))).spec.reason == reason


@pytest.mark.parametrize("workload", ["edge", "blog"])
async def test_nobody_but_an_operator_creates_administrators(castle: Elsinore, workload: str) -> None:
    request = admin.CreateAdminRequest(username="claudius", email="c@elsinore.example", password=PASSWORD)
    refused = castle.admin(person(uuid7(), Role.ROLE_ADMIN), workload).CreateAdmin(request)
    assert (await refusal(refused)).spec.reason == "WORKLOAD_NOT_ALLOWED"


async def test_an_administrator_changes_only_what_he_has_seen(castle: Elsinore) -> None:
    account = await castle.register("laertes")
    stub, stale = castle.admin(), {"account_id": account.id, "etag": '"stale"'}
    for attempt in (
        stub.SetRole(admin.SetRoleRequest(role=Role.ROLE_AUTHOR, **stale)),
        stub.SuspendAccount(admin.SuspendAccountRequest(account_id=account.id, etag=stale["etag"])),
        stub.UnsuspendAccount(admin.UnsuspendAccountRequest(**stale)),
        castle.accounts(me(account)).DeleteAccount(own.DeleteAccountRequest(**stale)),
    ):
        assert (await refusal(attempt)).spec.reason == "ETAG_MISMATCH"
    assert (await castle.accounts(me(account)).GetAccount(own.GetAccountRequest(account_id="me"))) == account
    seen = {"account_id": account.id, "etag": account.etag}
    promoted = await stub.SetRole(admin.SetRoleRequest(role=Role.ROLE_AUTHOR, **seen))
    assert promoted.etag != account.etag
    await castle.accounts(me(account)).DeleteAccount(own.DeleteAccountRequest(account_id="me", etag=promoted.etag))
