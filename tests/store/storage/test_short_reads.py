"""Reads of SQLite run on the event loop, which nobody may hold for long."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hamlet.error.v1.error_reason_pb2 import ErrorReason
from sqlalchemy import text

from mesh.errors import HamletError
from services.storage.database import Database

_COUNTING = """
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {upto})
SELECT count(*) FROM numbers
"""
# Seconds of work on any machine; and next to none.
_LONG, _SHORT = text(_COUNTING.format(upto=100_000_000)), text(_COUNTING.format(upto=100))
# Longer than a reader's patience on any machine, and soon over all the same.
_LONGISH = text(_COUNTING.format(upto=3_000_000))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with Database(f"sqlite:///{tmp_path / 'numbers.db'}", pool_size=2) as opened:
        yield opened


async def _count(database: Database) -> None:
    async with database.read() as session:
        await session.execute(_LONG)


async def test_a_statement_that_holds_the_loop_for_too_long_is_broken_off(database: Database) -> None:
    with pytest.raises(HamletError) as raised:
        await _count(database)
    assert raised.value.reason == ErrorReason.ERROR_REASON_UNAVAILABLE


async def test_patience_is_for_each_statement_and_the_connection_serves_again(database: Database) -> None:
    with pytest.raises(HamletError):
        await _count(database)
    async with database.read() as session:
        for _ in range(3):
            assert await session.scalar(_SHORT) == 100


async def test_a_scan_may_take_its_time_and_the_loop_goes_on(database: Database) -> None:
    async with database.scan() as session:
        assert await session.scalar(_LONGISH) == 3_000_000


async def test_more_readers_than_the_pool_holds_wait_for_nobody(database: Database) -> None:
    async def deeper(levels: int) -> None:
        async with database.read() as session:
            assert await session.scalar(_SHORT) == 100
            if levels:
                await deeper(levels - 1)

    await deeper(5)


async def test_a_reader_sees_one_snapshot(database: Database) -> None:
    async with database.write() as session:
        await session.execute(text("CREATE TABLE notes (n INTEGER)"))
    count = text("SELECT count(*) FROM notes")
    async with database.read() as reading:
        assert await reading.scalar(count) == 0
        async with database.write() as writing:
            await writing.execute(text("INSERT INTO notes VALUES (1)"))
        assert await reading.scalar(count) == 0
    async with database.read() as reading:
        assert (await reading.scalars(count)).one() == 1
