"""What a session of a service promises, on both databases."""

import pytest
from sqlalchemy import text

from services.storage.database import Database


async def _make_table(database: Database) -> None:
    async with database.write() as session:
        await session.execute(text("CREATE TABLE numbers (n INTEGER PRIMARY KEY)"))


async def _numbers(database: Database) -> list[int]:
    async with database.read() as session:
        return list((await session.execute(text("SELECT n FROM numbers ORDER BY n"))).scalars())


@pytest.fixture
async def numbers(database_url: str):  # type: ignore[no-untyped-def]
    async with Database(database_url, pool_size=4) as database:
        await _make_table(database)
        yield database


async def test_a_write_is_committed_when_its_block_ends(numbers: Database) -> None:
    async with numbers.write() as session:
        await session.execute(text("INSERT INTO numbers VALUES (1)"))
    assert await _numbers(numbers) == [1]


async def test_a_write_whose_block_raises_leaves_nothing(numbers: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with numbers.write() as session:
            await session.execute(text("INSERT INTO numbers VALUES (1)"))
            _ = 1 // 0
    assert await _numbers(numbers) == []
