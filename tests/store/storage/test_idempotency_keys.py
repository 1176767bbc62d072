"""One request_id: one effect and one answer (R3), on both databases."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from hamlet.blog.v1.post_pb2 import Post
from hamlet.blog.v1.post_service_pb2 import CreatePostRequest
from sqlalchemy import MetaData, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from mesh.errors import ErrorReason, HamletError
from services.storage.database import Database
from services.storage.housekeeping import purge_forever
from services.storage.idempotency import IdempotencyKeys, request_fingerprint
from services.storage.ids import uuid7
from tests.store.storage.called import call_of
from tests.store.storage.notes import Note, keys

Effect = Callable[[AsyncSession], Awaitable[Post]]


def _request(slug: str = "hello", request_id: str = "id-1") -> CreatePostRequest:
    return CreatePostRequest(post=Post(slug=slug), request_id=request_id)


def _writing(slug: str) -> Effect:
    """Writes a note whose answer nobody could guess."""

    async def effect(session: AsyncSession) -> Post:
        note = Note(id=uuid7(), slug=slug, created_at=datetime.now(UTC))
        session.add(note)
        await session.flush()
        return Post(id=note.id, slug=slug)

    return effect


async def _create(database: Database, request: CreatePostRequest, *, account: str = "ada") -> Post:
    return await keys.once(database, call_of(account), request, Post, _writing(request.post.slug))


async def _count(database: Database) -> tuple[int, int]:
    """Notes and keys."""
    async with database.read() as session:
        notes = (await session.execute(select(func.count()).select_from(Note))).scalar_one()
        return notes, (await session.execute(select(func.count()).select_from(keys.table))).scalar_one()


async def test_a_request_five_times_in_a_row_is_one_row_and_one_answer(database: Database) -> None:
    answers = [await _create(database, _request()) for _ in range(5)]
    assert len({answer.SerializeToString() for answer in answers}) == 1
    assert await _count(database) == (1, 1)


async def test_twenty_duplicates_at_once_are_one_row_and_one_answer(database: Database) -> None:
    answers = await asyncio.gather(*(_create(database, _request()) for _ in range(20)))
    assert len({answer.SerializeToString() for answer in answers}) == 1
    assert await _count(database) == (1, 1)


async def test_the_same_id_with_other_parameters_is_refused(database: Database) -> None:
    await _create(database, _request("hello"))
    with pytest.raises(HamletError, match="REQUEST_ID_REUSED"):
        await _create(database, _request("other"))
    assert await _count(database) == (1, 1)


async def test_two_accounts_may_choose_the_same_id(database: Database) -> None:
    first = await _create(database, _request("first"), account="ada")
    second = await _create(database, _request("second"), account="bob")
    assert first.id != second.id
    assert await _count(database) == (2, 2)


async def test_without_an_id_every_request_has_its_effect(database: Database) -> None:
    await _create(database, _request("first", request_id=""))
    await _create(database, _request("second", request_id=""))
    assert await _count(database) == (2, 0)


@pytest.mark.parametrize("reason", [ErrorReason.ERROR_REASON_UNAVAILABLE, ErrorReason.ERROR_REASON_INVALID_REQUEST])
async def test_a_failure_is_not_kept_so_that_a_retry_can_succeed(
    database: Database, reason: ErrorReason.ValueType
) -> None:
    async def fail(session: AsyncSession) -> Post:
        await _writing("hello")(session)
        raise HamletError(reason)

    with pytest.raises(HamletError):
        await keys.once(database, call_of("ada"), _request(), Post, fail)
    assert await _count(database) == (0, 0)
    assert (await _create(database, _request())).id


async def test_a_crash_before_commit_leaves_neither_effect_nor_key(database: Database) -> None:
    working = asyncio.Event()

    async def hang(session: AsyncSession) -> Post:
        await _writing("hello")(session)
        working.set()
        await asyncio.Event().wait()
        raise AssertionError

    attempt = asyncio.create_task(keys.once(database, call_of("ada"), _request(), Post, hang))
    await asyncio.wait_for(working.wait(), 5)
    attempt.cancel()
    await asyncio.gather(attempt, return_exceptions=True)
    assert await _count(database) == (0, 0)
    await _create(database, _request())
    assert await _count(database) == (1, 1)


@pytest.mark.parametrize("database_kind", ["postgres"])
async def test_a_duplicate_waits_for_the_first_attempt_and_replaces_it_if_it_fails(database: Database) -> None:
    working, fail = asyncio.Event(), asyncio.Event()

    async def slow(session: AsyncSession) -> Post:
        working.set()
        await fail.wait()
        raise HamletError(ErrorReason.ERROR_REASON_UNAVAILABLE)

    first = asyncio.create_task(keys.once(database, call_of("ada"), _request(), Post, slow))
    await asyncio.wait_for(working.wait(), 5)
    second = asyncio.create_task(_create(database, _request()))
    await _until_somebody_waits_for_a_lock(database)
    fail.set()
    with pytest.raises(HamletError, match="UNAVAILABLE"):
        await first
    assert (await second).id
    assert await _count(database) == (1, 1)


@pytest.mark.slow
@pytest.mark.parametrize("database_kind", ["postgres"])
async def test_a_duplicate_of_a_request_that_takes_long_is_told_to_come_back(database: Database) -> None:
    working, end = asyncio.Event(), asyncio.Event()

    async def slow(session: AsyncSession) -> Post:
        working.set()
        await end.wait()
        return Post(id="late")

    first = asyncio.create_task(keys.once(database, call_of("ada"), _request(), Post, slow))
    await asyncio.wait_for(working.wait(), 5)
    with pytest.raises(HamletError, match="REQUEST_IN_PROGRESS") as caught:
        await _create(database, _request())
    assert caught.value.retry_after
    end.set()
    assert (await first).id == "late"
    assert (await _create(database, _request())).id == "late"


async def _until_somebody_waits_for_a_lock(database: Database) -> None:
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    async with asyncio.timeout(5):
        while True:
            async with database.read() as session:
                if (await session.execute(waiting)).scalar_one():
                    return


async def test_keys_are_kept_for_a_day_and_purged_afterwards(database: Database) -> None:
    await _create(database, _request())
    for hours, left in ((23, 1), (25, 0)):
        async with database.write() as session:
            await keys.purge(session, now=datetime.now(UTC) + timedelta(hours=hours))
        assert (await _count(database))[1] == left


async def test_erasing_a_person_removes_answers_to_them_and_about_them(database: Database) -> None:
    # A name that no random id's hexadecimal digits can spell.
    await _create(database, _request("by-zoe"), account="zoe")
    await _create(database, _request("about-zoe@example.org"), account="moderator")
    await _create(database, _request("unrelated"), account="bob")
    async with database.write() as session:
        await keys.erase(session, "zoe", "zoe@example.org", "")
    assert await _count(database) == (3, 1)


async def test_a_replay_to_the_owner_needs_no_second_question(database: Database) -> None:
    await _create(database, _request())
    call = call_of("ada", ownership_open=True)
    await keys.once(database, call, _request(), Post, _writing("hello"))
    assert not call.ownership_open


def test_the_fingerprint_knows_neither_the_id_nor_secrets() -> None:
    assert request_fingerprint(_request(request_id="a")) == request_fingerprint(_request(request_id="b"))
    assert request_fingerprint(_request("a")) != request_fingerprint(_request("b"))
    assert request_fingerprint(_request("a"), without=["post"]) == request_fingerprint(_request("b"), without=["post"])


async def test_expired_keys_are_purged_while_the_service_runs(database: Database) -> None:
    brief = IdempotencyKeys(MetaData(), retention=timedelta(0))
    await brief.once(database, call_of("ada"), _request(), Post, _writing("hello"))
    purging = asyncio.create_task(purge_forever(database, brief, every=0.0))
    async with asyncio.timeout(5):
        while (await _count(database))[1]:
            await asyncio.sleep(0)
    purging.cancel()
    await asyncio.gather(purging, return_exceptions=True)
