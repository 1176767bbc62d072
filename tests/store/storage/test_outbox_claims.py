"""The outbox hands every message to one worker at a time and forgets none."""

import asyncio
from datetime import UTC, datetime, timedelta

from services.storage.database import Database
from services.storage.outbox import Backlog, OutboxMessage
from tests.store.storage.notes import outbox

_LEASE = timedelta(seconds=30)


async def _enqueue(database: Database, *keys: str, delay: float = 0.0, topic: str = "judge") -> list[str]:
    async with database.write() as session:
        due = datetime.now(UTC) + timedelta(seconds=delay)
        return [await outbox.enqueue(session, topic, key, b"payload", not_before=due) for key in keys]


async def _claim(
    database: Database, count: int = 10, *, lease: timedelta = _LEASE, topics: frozenset[str] | None = None
) -> list[OutboxMessage]:
    async with database.write() as session:
        return await outbox.claim(session, count, lease, topics=topics)


async def test_a_message_comes_as_it_was_written(database: Database) -> None:
    async with database.write() as session:
        message_id = await outbox.enqueue(session, "judge", "comment-1", b"\x00\xff", traceparent="00-a-b-01")
    (message,) = await _claim(database)
    assert (message.id, message.topic, message.key) == (message_id, "judge", "comment-1")
    assert (message.payload, message.traceparent, message.attempts) == (b"\x00\xff", "00-a-b-01", 1)


async def test_messages_come_oldest_first_and_no_more_than_asked_for(database: Database) -> None:
    await _enqueue(database, "a", "b", "c")
    assert [message.key for message in await _claim(database, 2)] == ["a", "b"]
    assert [message.key for message in await _claim(database, 2)] == ["c"]


async def test_concurrent_workers_never_get_the_same_message(database: Database) -> None:
    written = await _enqueue(database, *map(str, range(60)))
    claims = await asyncio.gather(*(_claim(database, 4) for _ in range(20)))
    claims.append(await _claim(database, 60))
    claimed = [message.id for claim in claims for message in claim]
    assert sorted(claimed) == sorted(written)


async def test_a_message_is_hidden_until_its_time(database: Database) -> None:
    await _enqueue(database, "later", delay=60)
    assert await _claim(database) == []


async def test_a_lease_that_ended_gives_the_message_to_another_worker(database: Database) -> None:
    await _enqueue(database, "a")
    await _claim(database, lease=timedelta(0))
    (again,) = await _claim(database)
    assert again.attempts == 2
    assert await _claim(database) == []


async def test_done_is_final_and_may_be_said_twice(database: Database) -> None:
    (message_id,) = await _enqueue(database, "a")
    for _ in range(2):
        async with database.write() as session:
            await outbox.done(session, message_id)
    assert await _claim(database) == []


async def test_a_retry_makes_the_message_due_before_its_lease_ends(database: Database) -> None:
    (message_id,) = await _enqueue(database, "a")
    await _claim(database)
    async with database.write() as session:
        await outbox.retry(session, message_id, timedelta(0))
    assert [message.attempts for message in await _claim(database)] == [2]


async def test_workers_take_only_their_topics(database: Database) -> None:
    await _enqueue(database, "a", topic="judge")
    await _enqueue(database, "b", topic="erase")
    assert [message.key for message in await _claim(database, topics=frozenset({"erase"}))] == ["b"]


async def test_the_backlog_counts_messages_and_the_age_of_the_oldest(database: Database) -> None:
    async with database.read() as session:
        assert await outbox.backlog(session) == Backlog(0, 0.0)
    await _enqueue(database, "a", "b", delay=60)
    async with database.read() as session:
        backlog = await outbox.backlog(session)
    assert backlog.depth == 2
    assert 0.0 <= backlog.oldest_age < 30.0


async def test_what_a_key_left_behind_can_be_discarded(database: Database) -> None:
    await _enqueue(database, "erased", "kept", "erased")
    async with database.write() as session:
        await outbox.discard(session, "erased")
    assert [message.key for message in await _claim(database)] == ["kept"]
