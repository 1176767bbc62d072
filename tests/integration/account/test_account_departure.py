"""All that is kept about a person, for them and then for nobody, over mTLS and the whole chain."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from google.protobuf.empty_pb2 import Empty
from hamlet.account.v1 import account_service_pb2 as own

from mesh.call import Principal
from services.account.tables import outbox
from services.storage.database import Database
from services.storage.ids import uuid7
from tests.integration.account.elsinore import ADMIN, Elsinore, elsinore, me, refusal


async def _delete(castle: Elsinore, who: Principal, account_id: str = "me") -> Empty:
    return await castle.accounts(who).DeleteAccount(own.DeleteAccountRequest(account_id=account_id))


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not holds():
            await asyncio.sleep(0.05)


async def _outbox_is_empty(castle: Elsinore) -> None:
    async with Database(f"sqlite:///{castle.files / 'account.db'}") as database, asyncio.timeout(15):
        while True:
            async with database.read() as session:
                if (await outbox.backlog(session)).depth == 0:
                    return
            await asyncio.sleep(0.05)


def _bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def test_an_export_holds_what_every_service_keeps(castle: Elsinore) -> None:
    ophelia = await castle.register("ophelia", display_name="Fair Ophelia")
    session = await castle.sign_in("ophelia")
    records = await castle.export(me(ophelia))
    assert [(each.service, each.kind) for each in records] == [
        ("account", "account"),
        ("account", "session"),
        *[("blog", "post")] * 2,
        *[("comment", "comment")] * 2,
    ]
    account = dict(records[0].record)
    assert (account["email"], account["displayName"], account["role"]) == (ophelia.email, "Fair Ophelia", "READER")
    assert {dict(each.record)["of"] for each in records[2:]} == {ophelia.id}
    assert session.refresh_token not in str(records)
    assert "argon2" not in str(records)
    assert await castle.export(ADMIN, ophelia.id) == records


async def test_an_export_of_others_is_refused(castle: Elsinore) -> None:
    ophelia, laertes = await castle.register("ophelia"), await castle.register("laertes")
    assert (await refusal(castle.export(me(laertes), ophelia.id))).spec.reason == "NOT_OWNER"
    assert (await refusal(castle.export(ADMIN, uuid7()))).spec.reason == "ACCOUNT_NOT_FOUND"


async def test_an_export_is_whole_or_not_at_all(castle: Elsinore) -> None:
    ophelia = await castle.register("ophelia")
    castle.comment.down = True
    received = []
    stream = castle.accounts(me(ophelia)).ExportAccount(own.ExportAccountRequest(account_id="me"))

    async def read() -> None:
        async for answer in stream:
            received.append(answer)

    assert (await refusal(read())).spec.reason == "UNAVAILABLE"
    assert received == []


async def test_a_person_who_keeps_nothing_elsewhere_still_gets_their_account(castle: Elsinore) -> None:
    ophelia = await castle.register("ophelia")
    castle.blog.records = castle.comment.records = 0
    assert [each.kind for each in await castle.export(me(ophelia))] == ["account"]


async def test_whoever_leaves_is_gone_here_at_once_and_elsewhere_until_confirmed(castle: Elsinore) -> None:
    ophelia = await castle.register("ophelia", request_id=uuid7())
    session = await castle.sign_in("ophelia")
    castle.comment.down = True
    await _delete(castle, me(ophelia))
    get = castle.accounts(me(ophelia)).GetAccount(own.GetAccountRequest(account_id="me"))
    assert (await refusal(get)).spec.reason == "ACCOUNT_NOT_FOUND"
    assert (await refusal(castle.refresh(session))).spec.reason == "INVALID_REFRESH_TOKEN"
    assert (await refusal(castle.sign_in("ophelia"))).spec.reason == "INVALID_CREDENTIALS"
    await asyncio.wait_for(castle.blog.erased.wait(), 15)
    await _until(lambda: castle.comment.refused >= 2)
    castle.comment.down = False
    await _outbox_is_empty(castle)
    assert (castle.blog.erasures, castle.comment.erasures) == ([ophelia.id], [ophelia.id])


async def test_an_erasure_that_was_not_confirmed_goes_on_after_a_restart(tmp_path: Path) -> None:
    async with elsinore(tmp_path) as castle:
        ophelia = await castle.register("ophelia")
        castle.blog.down = castle.comment.down = True
        await _delete(castle, me(ophelia))
        await asyncio.wait_for(castle.comment.asked.wait(), 15)
    async with elsinore(tmp_path) as castle:
        await asyncio.wait_for(castle.blog.erased.wait(), 15)
        await _outbox_is_empty(castle)
        assert set(castle.blog.erasures + castle.comment.erasures) == {ophelia.id}


async def test_the_files_of_the_database_hold_nothing_of_whoever_left(castle: Elsinore) -> None:
    ophelia = await castle.register("ophelia", display_name="Fair Ophelia", request_id=uuid7())
    laertes = await castle.register("laertes")
    await castle.sign_in("ophelia")
    await refusal(castle.sign_in("ophelia@elsinore.example", "a wrong password"))
    assert b"ophelia" in _bytes_in(castle.files)
    await _delete(castle, me(ophelia))
    await _outbox_is_empty(castle)
    kept = _bytes_in(castle.files)
    assert laertes.id.encode() in kept
    for trace in ("ophelia", "Fair Ophelia"):
        assert trace.encode() not in kept


async def test_leaving_twice_is_no_error_to_its_owner(castle: Elsinore) -> None:
    ophelia, laertes = await castle.register("ophelia"), await castle.register("laertes")
    assert (await refusal(_delete(castle, me(laertes), ophelia.id))).spec.reason == "NOT_OWNER"
    await _delete(castle, me(ophelia))
    await _delete(castle, me(ophelia))
    await _delete(castle, me(ophelia), ophelia.id)
    assert (await refusal(_delete(castle, ADMIN, ophelia.id))).spec.reason == "ACCOUNT_NOT_FOUND"
    await _delete(castle, ADMIN, laertes.id)


async def test_the_name_of_whoever_left_is_free_again(castle: Elsinore) -> None:
    request_id = uuid7()
    ophelia = await castle.register("ophelia", request_id=request_id)
    await _delete(castle, me(ophelia))
    assert (await castle.register("ophelia", request_id=request_id)).id != ophelia.id


@pytest.mark.parametrize("keepers", ["", "blog"])
async def test_only_those_who_keep_something_are_asked(tmp_path: Path, keepers: str) -> None:
    async with elsinore(tmp_path, {"HAMLET_ACCOUNT_KEEPERS": keepers}) as castle:
        ophelia = await castle.register("ophelia")
        castle.comment.down = True
        services = {each.service for each in await castle.export(me(ophelia))}
        assert services == {"account", *filter(None, [keepers])}
        await _delete(castle, me(ophelia))
        await _outbox_is_empty(castle)
        assert not castle.comment.asked.is_set()
