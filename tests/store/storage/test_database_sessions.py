"""What a session of a service promises, on both databases."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from mesh.call import current
from mesh.errors import HamletError
from mesh.testing.postgres import PostgresServer
from services.storage.database import Database
from services.storage.inline import InlineReader
from services.storage.replica import SecondReplicaError
from tests.store.storage.called import call_of, served

_INSERT = text("INSERT INTO numbers VALUES (1)")


@pytest.fixture
async def numbers(database_url: str) -> AsyncIterator[Database]:
    async with Database(database_url, pool_size=2) as database:
        async with database.write() as session:
            await session.execute(text("CREATE TABLE numbers (n INTEGER PRIMARY KEY)"))
        yield database


async def _stored(database: Database) -> list[int]:
    async with database.read() as session:
        return list((await session.execute(text("SELECT n FROM numbers ORDER BY n"))).scalars())


async def _insert(database: Database) -> None:
    async with database.write() as session:
        await session.execute(_INSERT)


async def test_a_write_is_committed_when_its_block_ends(numbers: Database) -> None:
    await _insert(numbers)
    assert await _stored(numbers) == [1]


async def test_a_write_whose_block_raises_leaves_nothing(numbers: Database) -> None:
    async def fail() -> None:
        async with numbers.write() as session:
            await session.execute(_INSERT)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert await _stored(numbers) == []


async def test_a_cancelled_write_leaves_nothing_and_its_connection_serves_again(numbers: Database) -> None:
    inserted = asyncio.Event()

    async def hang() -> None:
        async with numbers.write() as session:
            await session.execute(_INSERT)
            inserted.set()
            await asyncio.Event().wait()

    for _ in range(5):
        inserted.clear()
        task = asyncio.create_task(hang())
        await asyncio.wait_for(inserted.wait(), 5)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await _stored(numbers) == []
    await _insert(numbers)


@pytest.mark.slow
async def test_callers_that_give_up_at_any_moment_leak_no_connection(numbers: Database) -> None:
    async def write_and_fail() -> None:
        async with numbers.write() as session:
            await session.execute(_INSERT)
            raise LookupError

    for ticks in range(0, 600, 10):
        callers = [asyncio.create_task(write_and_fail()) for _ in range(6)]
        for _ in range(ticks):
            await asyncio.sleep(0)
        for caller in callers[::2]:
            caller.cancel()
        results = await asyncio.gather(*callers, return_exceptions=True)
        assert all(isinstance(each, LookupError | asyncio.CancelledError) for each in results)
    assert await _stored(numbers) == []
    await _insert(numbers)
    assert _in_use(numbers) == [0, 0, 0]


def _in_use(database: Database) -> list[int]:
    engines = database._engines
    readers = engines.reader.reading if isinstance(engines.reader, InlineReader) else _checked_out(engines.reader)
    return [readers, _checked_out(engines.scanner), _checked_out(engines.writer)]


def _checked_out(engine: AsyncEngine) -> int:
    return int(engine.pool.checkedout())  # type: ignore[attr-defined]


async def test_a_reading_session_cannot_write(numbers: Database) -> None:
    async def write_while_reading() -> None:
        async with numbers.read() as session:
            await session.execute(_INSERT)

    with pytest.raises(HamletError, match="INTERNAL"):
        await write_while_reading()
    assert await _stored(numbers) == []
    await _insert(numbers)


async def test_readers_do_not_wait_for_the_writer(numbers: Database) -> None:
    async with numbers.write() as session:
        await session.execute(_INSERT)
        assert await asyncio.wait_for(_stored(numbers), 2) == []


async def test_many_writers_all_get_their_turn(numbers: Database) -> None:
    async def add(number: int) -> None:
        async with numbers.write() as session:
            await session.execute(text("INSERT INTO numbers VALUES (:n)"), {"n": number})

    await asyncio.gather(*(add(number) for number in range(40)))
    assert await _stored(numbers) == list(range(40))


async def test_nothing_is_written_for_a_call_that_never_asked_who_owns_the_resource(numbers: Database) -> None:
    call = call_of("somebody", ownership_open=True)
    with pytest.raises(HamletError, match="INTERNAL"):
        await served(call, lambda: _insert(numbers))
    assert await _stored(numbers) == []


async def test_a_call_that_settled_ownership_writes(numbers: Database) -> None:
    async def handle() -> None:
        async with numbers.write() as session:
            current().require_owner("somebody")
            await session.execute(_INSERT)

    await served(call_of("somebody", ownership_open=True), handle)
    assert await _stored(numbers) == [1]


async def test_a_call_without_time_left_is_told_so(numbers: Database) -> None:
    with pytest.raises(HamletError, match="DEADLINE_EXCEEDED"):
        await served(call_of(seconds=0.0), lambda: _insert(numbers))


@asynccontextmanager
async def _exhausted(numbers: Database) -> AsyncIterator[None]:
    """No connection for writing is free until the block ends."""
    release, held = asyncio.Event(), asyncio.Semaphore(0)

    async def hold() -> None:
        async with numbers.write() as session:
            await session.execute(text("SELECT 1"))
            held.release()
            await release.wait()

    limit = 1 if "sqlite" in numbers.url.drivername else 4
    holders = [asyncio.create_task(hold()) for _ in range(limit)]
    for _ in holders:
        await asyncio.wait_for(held.acquire(), 5)
    yield
    release.set()
    await asyncio.gather(*holders)


async def test_exhausted_connections_fail_background_work_within_a_second(numbers: Database) -> None:
    async with _exhausted(numbers):
        started = time.monotonic()
        with pytest.raises(HamletError, match="UNAVAILABLE") as caught:
            await _insert(numbers)
        assert time.monotonic() - started < 1.5
        assert caught.value.retry_after
    await _insert(numbers)


async def test_a_call_waits_for_a_connection_as_long_as_its_deadline_leaves_room(
    numbers: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _exhausted(numbers):
        monkeypatch.setattr("services.storage.database._BEGIN_LIMIT", 0.0)
        waiting = asyncio.create_task(served(call_of(seconds=30.0), lambda: _insert(numbers)))
        for _ in range(50):
            await asyncio.sleep(0)
        assert not waiting.done()
        with pytest.raises(HamletError, match="UNAVAILABLE"):
            await served(call_of(seconds=0.2), lambda: _insert(numbers))
    await waiting
    monkeypatch.undo()
    assert await _stored(numbers) == [1]


async def test_closing_leaves_no_thread_behind(database_url: str) -> None:
    before = set(threading.enumerate())
    async with Database(database_url, pool_size=4) as database:
        await asyncio.gather(*(database.ping() for _ in range(8)))
    started = set(threading.enumerate()) - before
    for thread in started:
        thread.join(timeout=5)
    assert not any(thread.is_alive() for thread in started)


async def test_a_sqlite_file_serves_one_replica(tmp_path: object) -> None:
    url = f"sqlite:///{tmp_path}/one.db"
    async with Database(url, serving=True):
        with pytest.raises(SecondReplicaError, match="PostgreSQL"):
            await Database(url, serving=True).open()
        async with Database(url) as tool:
            await tool.ping()
    async with Database(url, serving=True) as second:
        await second.ping()


async def test_a_sqlite_lock_of_another_process_fails_a_write_within_a_second(tmp_path: object) -> None:
    url = f"sqlite:///{tmp_path}/locked.db"
    async with Database(url) as backup, Database(url) as database, backup.write() as holder:
        await holder.execute(text("CREATE TABLE numbers (n INTEGER)"))
        started = time.monotonic()
        with pytest.raises(HamletError, match="CONFLICT") as caught:
            await _insert(database)
        assert time.monotonic() - started < 1.0
        assert caught.value.retry_after


async def test_sqlite_is_durable_and_keeps_foreign_keys(tmp_path: object) -> None:
    async def pragma(session: AsyncSession, name: str) -> object:
        return (await session.execute(text(f"PRAGMA {name}"))).scalar()

    async with Database(f"sqlite:///{tmp_path}/pragmas.db") as database, database.write() as session:
        assert await pragma(session, "journal_mode") == "wal"
        assert await pragma(session, "synchronous") == 2
        assert await pragma(session, "foreign_keys") == 1


@pytest.mark.slow
async def test_a_postgres_that_stops_fails_calls_fast_and_is_used_again_when_it_is_back(
    postgres: PostgresServer,
) -> None:
    url = postgres.create("stopped")
    async with Database(url, pool_size=2) as database:
        await asyncio.gather(*(database.ping() for _ in range(3)))
        await asyncio.to_thread(postgres.stop)
        try:
            started = time.monotonic()
            for _ in range(3):
                with pytest.raises(HamletError, match="UNAVAILABLE") as caught:
                    await database.ping()
                assert caught.value.retry_after
            assert time.monotonic() - started < 1.0
        finally:
            await asyncio.to_thread(postgres.start)
        await database.ping()
    postgres.drop("stopped")


async def test_a_connection_cut_in_a_transaction_is_unavailable(postgres: PostgresServer) -> None:
    url = postgres.create("cut")

    async def cut_off(database: Database) -> None:
        async with database.write() as session:
            pid = (await session.execute(text("SELECT pg_backend_pid()"))).scalar()
            async with database.write() as other:
                await other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
            await session.execute(text("SELECT 1"))

    async with Database(url, pool_size=2) as database:
        with pytest.raises(HamletError, match="UNAVAILABLE"):
            await cut_off(database)
        await database.ping()
    postgres.drop("cut")


async def test_a_statement_ends_with_the_deadline_of_its_call(postgres: PostgresServer) -> None:
    url = postgres.create("slow")

    async def sleep(database: Database) -> None:
        async with database.read() as session:
            await session.execute(text("SELECT pg_sleep(30)"))

    async with Database(url) as database:
        started = time.monotonic()
        with pytest.raises(HamletError, match="DEADLINE_EXCEEDED"):
            await served(call_of(seconds=0.3), lambda: sleep(database))
        assert time.monotonic() - started < 2.0
    postgres.drop("slow")
