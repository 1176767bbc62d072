"""What people do with their own account, over mTLS and the whole chain."""

import asyncio
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from hamlet.account.v1 import account_service_pb2 as own
from hamlet.account.v1.account_pb2 import ACCOUNT_STATE_ACTIVE, Account

from mesh.call import Principal
from mesh.policy import Role
from services.storage.ids import uuid7
from tests.integration.account.elsinore import ADMIN, PASSWORD, Elsinore, me, refusal


async def _get(castle: Elsinore, who: Principal | None, account_id: str = "me") -> Account:
    return await castle.accounts(who).GetAccount(own.GetAccountRequest(account_id=account_id))


async def _update(castle: Elsinore, who: Principal, *paths: str, **fields: Any) -> Account:
    mask = FieldMask(paths=paths) if paths else None
    request = own.UpdateAccountRequest(account=Account(**{"id": "me", **fields}), update_mask=mask)
    return await castle.accounts(who).UpdateAccount(request)


async def _change_password(castle: Elsinore, who: Principal, current: str, new: str, account_id: str = "me") -> Any:
    request = own.ChangePasswordRequest(account_id=account_id, current_password=current, new_password=new)
    return await castle.accounts(who).ChangePassword(request)


async def test_whoever_registers_is_a_reader_and_sees_the_whole_account(castle: Elsinore) -> None:
    registered = await castle.register("ophelia", email="Ophelia@Elsinore.example")
    assert registered.role == Role.ROLE_READER
    assert registered.state == ACCOUNT_STATE_ACTIVE
    assert (registered.display_name, registered.email) == ("ophelia", "Ophelia@Elsinore.example")
    assert await _get(castle, me(registered)) == registered
    assert await _get(castle, me(registered), registered.id) == registered
    assert await _get(castle, ADMIN, registered.id) == registered


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"email": "OPHELIA@elsinore.example", "username": "other"}, "EMAIL_TAKEN"),
        ({"email": "other@elsinore.example"}, "USERNAME_TAKEN"),
        ({"username": "laertes", "password": "password123"}, "PASSWORD_UNSAFE"),
        ({"username": "laertes", "password": "my laertes my son"}, "PASSWORD_UNSAFE"),
        ({"username": "laertes", "password": "short"}, "INVALID_REQUEST"),
        ({"username": "Laertes"}, "INVALID_REQUEST"),
        ({"username": "laertes", "email": "no address"}, "INVALID_REQUEST"),
        ({"username": "laertes", "display_name": "two\nlines"}, "INVALID_REQUEST"),
    ],
)
async def test_a_registration_that_cannot_be_is_refused(castle: Elsinore, fields: dict[str, str], reason: str) -> None:
    await castle.register("ophelia")
    assert (await refusal(castle.register(**{"username": "ophelia", **fields}))).spec.reason == reason


async def test_a_registration_sent_again_is_one_account_and_one_answer(castle: Elsinore) -> None:
    request_id = uuid7()
    answers = await asyncio.gather(*(castle.register("ophelia", request_id=request_id) for _ in range(6)))
    assert len({answer.SerializeToString(deterministic=True) for answer in answers}) == 1
    other = castle.register("laertes", request_id=request_id)
    assert (await refusal(other)).spec.reason == "REQUEST_ID_REUSED"


async def test_others_learn_nothing_not_even_whether_there_is_an_account(castle: Elsinore) -> None:
    ophelia, laertes = await castle.register("ophelia"), await castle.register("laertes")
    for account_id in (ophelia.id, uuid7()):
        assert (await refusal(_get(castle, me(laertes), account_id))).spec.reason == "NOT_OWNER"
        assert (await refusal(_update(castle, me(laertes), id=account_id, website="http://x.example"))).spec.reason == (
            "NOT_OWNER"
        )
    assert (await refusal(_get(castle, None))).spec.reason == "UNAUTHENTICATED"
    assert (await refusal(_get(castle, ADMIN, uuid7()))).spec.reason == "ACCOUNT_NOT_FOUND"


async def test_an_update_changes_what_its_mask_names(castle: Elsinore) -> None:
    ophelia = await castle.register("ophelia")
    changed = await _update(
        castle,
        me(ophelia),
        "display_name",
        "website",
        display_name=" Ophelia ",
        website="https://o.example",
        email="x@y.zz",
    )
    assert (changed.display_name, changed.website, changed.email) == ("Ophelia", "https://o.example", ophelia.email)
    assert changed.etag != ophelia.etag
    emptied = await _update(castle, me(ophelia), "display_name", "website")
    assert (emptied.display_name, emptied.website) == ("ophelia", "")


async def test_an_update_without_a_mask_changes_what_is_set(castle: Elsinore) -> None:
    ophelia = await castle.register("ophelia")
    changed = await _update(castle, me(ophelia), email="new@elsinore.example", username="ignored")
    assert (changed.email, changed.username) == ("new@elsinore.example", "ophelia")
    assert (await castle.sign_in("NEW@elsinore.example")).account.id == ophelia.id
    assert (await refusal(castle.sign_in(ophelia.email))).spec.reason == "INVALID_CREDENTIALS"


async def test_an_administrator_changes_the_address_of_another(castle: Elsinore) -> None:
    ophelia = await castle.register("ophelia")
    changed = await _update(castle, ADMIN, "email", id=ophelia.id, email="new@elsinore.example")
    assert changed.email == "new@elsinore.example"


@pytest.mark.parametrize("path", ["*", "username", "role", "state", "id", "etag", "password", "email.x"])
async def test_what_cannot_be_changed_is_refused(castle: Elsinore, path: str) -> None:
    ophelia = await castle.register("ophelia")
    error = await refusal(_update(castle, me(ophelia), path, display_name="x"))
    assert error.spec.reason == "INVALID_UPDATE_MASK"


async def test_an_update_needs_the_current_etag_if_it_has_one(castle: Elsinore) -> None:
    ophelia = await castle.register("ophelia")
    changed = await _update(castle, me(ophelia), display_name="O", etag=ophelia.etag)
    assert (await refusal(_update(castle, me(ophelia), display_name="P", etag=ophelia.etag))).spec.reason == (
        "ETAG_MISMATCH"
    )
    assert await _get(castle, me(ophelia)) == changed


async def test_an_update_that_cannot_be_is_refused(castle: Elsinore) -> None:
    ophelia = await castle.register("ophelia")
    await castle.register("laertes")
    taken = _update(castle, me(ophelia), email="Laertes@elsinore.example")
    assert (await refusal(taken)).spec.reason == "EMAIL_TAKEN"
    assert (await refusal(_update(castle, me(ophelia), "email"))).spec.reason == "INVALID_REQUEST"
    assert (await refusal(_update(castle, me(ophelia), website="javascript:alert(1)"))).spec.reason == "INVALID_REQUEST"
    assert (await refusal(_update(castle, ADMIN, id=uuid7(), website="http://x.example"))).spec.reason == (
        "ACCOUNT_NOT_FOUND"
    )
    assert await _get(castle, me(ophelia)) == ophelia


async def test_a_new_password_ends_every_session_but_the_one_it_returns(castle: Elsinore) -> None:
    ophelia = await castle.register("ophelia")
    before = [await castle.sign_in("ophelia") for _ in range(2)]
    changed = await _change_password(castle, me(ophelia), PASSWORD, "there is pansies")
    for session in before:
        assert (await refusal(castle.refresh(session))).spec.reason == "INVALID_REFRESH_TOKEN"
    await castle.refresh(changed)
    assert (await refusal(castle.sign_in("ophelia"))).spec.reason == "INVALID_CREDENTIALS"
    await castle.sign_in("ophelia", "there is pansies")


async def test_a_password_is_changed_only_by_whoever_knows_it(castle: Elsinore) -> None:
    ophelia, laertes = await castle.register("ophelia"), await castle.register("laertes")
    new = "there is pansies"
    wrong = _change_password(castle, me(ophelia), "a guess", new)
    assert (await refusal(wrong)).spec.reason == "INVALID_CREDENTIALS"
    unsafe = _change_password(castle, me(ophelia), PASSWORD, "ophelia ophelia")
    assert (await refusal(unsafe)).spec.reason == "PASSWORD_UNSAFE"
    for stranger in (me(laertes), ADMIN):
        foreign = _change_password(castle, stranger, PASSWORD, new, ophelia.id)
        assert (await refusal(foreign)).spec.reason == "NOT_OWNER"
    assert (await refusal(_change_password(castle, ADMIN, PASSWORD, new))).spec.reason == "ACCOUNT_NOT_FOUND"
    await castle.sign_in("ophelia")


async def test_a_stolen_access_token_is_not_worth_any_number_of_guesses(castle: Elsinore) -> None:
    ophelia = await castle.register("ophelia")
    reasons = [
        (await refusal(_change_password(castle, me(ophelia), f"guess {number}", "there is pansies"))).spec.reason
        for number in range(8)
    ]
    assert reasons[:5] == ["INVALID_CREDENTIALS"] * 5
    assert reasons[-1] == "RATE_LIMITED"
