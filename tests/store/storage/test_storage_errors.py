"""A driver's error becomes a reason of the contract, and none of its text travels."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from mesh.errors import ErrorReason, HamletError
from services.storage.constraints import refusing
from services.storage.database import Database
from services.storage.ids import uuid7
from tests.store.storage.notes import Base, Note

_SECRET = "ada@example.org"


def _note(slug: str, rank: int = 0, parent_id: str | None = None) -> Note:
    return Note(id=uuid7(), slug=slug, rank=rank, created_at=datetime.now(UTC), parent_id=parent_id)


async def _add(database: Database, note: Note) -> None:
    async with database.write() as session:
        session.add(note)
        reasons = {
            "uq_notes_slug": ErrorReason.ERROR_REASON_SLUG_TAKEN,
            "pk_notes": ErrorReason.ERROR_REASON_CONFLICT,
            "ck_notes_rank": ErrorReason.ERROR_REASON_INVALID_REQUEST,
        }
        with refusing(Base.metadata, reasons):
            await session.flush()


async def test_a_named_constraint_becomes_the_stores_own_reason(database: Database) -> None:
    first = _note("hello")
    await _add(database, first)
    with pytest.raises(HamletError, match="SLUG_TAKEN"):
        await _add(database, _note("hello"))
    with pytest.raises(HamletError, match="INVALID_REQUEST"):
        await _add(database, _note("negative", rank=-1))
    again = _note("other")
    again.id = first.id
    with pytest.raises(HamletError, match="CONFLICT"):
        await _add(database, again)


async def test_any_other_violation_is_internal_and_tells_nothing_of_the_row(database: Database) -> None:
    async def add_twice() -> None:
        async with database.write() as session:
            session.add_all([_note(_SECRET), _note(_SECRET)])

    with pytest.raises(HamletError, match="INTERNAL") as caught:
        await add_twice()
    assert caught.value.debug
    assert _SECRET not in caught.value.debug
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


async def test_a_missing_parent_is_refused(database: Database) -> None:
    with pytest.raises(HamletError, match="INTERNAL"):
        await _add(database, _note("orphan", parent_id=uuid7()))


async def test_a_naive_datetime_is_refused(database: Database) -> None:
    note = _note("naive")
    note.created_at = datetime(2026, 1, 1)  # noqa: DTZ001 - the point of the test
    with pytest.raises(HamletError, match="INTERNAL"):
        await _add(database, note)


async def test_a_point_in_time_comes_back_in_utc_to_the_microsecond(database: Database) -> None:
    note = _note("time")
    note.created_at = datetime.fromisoformat("2026-03-29T03:30:00.123456+02:00")
    await _add(database, note)
    async with database.read() as session:
        read = await session.get_one(Note, note.id)
    assert read.created_at == note.created_at
    assert read.created_at.tzinfo is UTC


@pytest.mark.parametrize("database_kind", ["postgres"])
async def test_a_text_that_postgres_cannot_store_is_the_callers_fault(database: Database) -> None:
    with pytest.raises(HamletError, match="INVALID_REQUEST"):
        await _add(database, _note("nul\0"))
    with pytest.raises(HamletError, match="INVALID_REQUEST"):
        await _add(database, _note("long" * 100))


@pytest.mark.parametrize("database_kind", ["postgres"])
async def test_a_deadlock_is_a_conflict(database: Database) -> None:
    first, second = _note("first"), _note("second")
    await _add(database, first)
    await _add(database, second)
    both = asyncio.Barrier(2)

    async def change(session: AsyncSession, note: Note) -> None:
        await session.execute(update(Note).where(Note.id == note.id).values(rank=Note.rank + 1))

    async def cross(one: Note, other: Note) -> None:
        async with database.write() as session:
            await change(session, one)
            await both.wait()
            await change(session, other)

    results = await asyncio.gather(cross(first, second), cross(second, first), return_exceptions=True)
    failed = [result for result in results if result is not None]
    assert [str(error) for error in failed] == ["CONFLICT"]


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_full_disk_refuses_writes_and_serves_reads_and_heals(database: Database) -> None:
    async with database.write() as session:
        pages = (await session.execute(text("PRAGMA page_count"))).scalar_one()
        await session.execute(text(f"PRAGMA max_page_count = {pages + 2}"))

    async def fill() -> None:
        async with database.write() as session:
            session.add_all([_note(f"note-{number}") for number in range(500)])

    with pytest.raises(HamletError, match="STORAGE_FULL"):
        await fill()
    await database.ping()
    async with database.write() as session:
        await session.execute(text("PRAGMA max_page_count = 100000"))
    await fill()
