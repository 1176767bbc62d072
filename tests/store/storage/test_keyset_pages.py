"""Pages show every row once and in order, whatever is inserted meanwhile, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from hamlet.blog.v1.post_reading_service_pb2 import ListPostsRequest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from mesh.errors import HamletError
from services.storage.database import Database
from services.storage.ids import uuid7
from services.storage.paging import Keyset, Page, fetch_page, fetch_rows, query_fingerprint
from tests.store.storage.notes import Note

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_QUERY = query_fingerprint(ListPostsRequest(tag="tag"))

# Few distinct keys, so that ties are common; texts on which locales and code points disagree.
_RANKS = st.integers(0, 3)
_TIMES = st.integers(0, 2).map(lambda number: _EPOCH + timedelta(microseconds=number))
_TEXTS = st.text(alphabet="aAbB-_ äZ😀", min_size=1, max_size=4)

_KEYSETS = {
    "time": (Note.created_at, Note.id),
    "rank": (Note.rank, Note.created_at, Note.id),
    "text": (Note.slug,),
}


async def _fill(database: Database, rows: list[tuple[int, datetime, str]]) -> None:
    async with database.write() as session:
        await session.execute(delete(Note))
        session.add_all([Note(id=uuid7(), slug=slug, rank=rank, created_at=at) for rank, at, slug in rows])


async def _page(database: Database, keyset: Keyset, size: int, token: str, query: bytes = _QUERY) -> Page[Note]:
    async with database.read() as session:
        return await fetch_page(session, select(Note), keyset, size=size, token=token, query=query)


async def _walk(database: Database, keyset: Keyset, size: int) -> list[Note]:
    page = await _page(database, keyset, size, "")
    found = page.items
    while page.next_page_token:
        assert len(page.items) == size
        page = await _page(database, keyset, size, page.next_page_token)
        assert page.items
        found = [*found, *page.items]
    return found


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(
    rows=st.lists(st.tuples(_RANKS, _TIMES, _TEXTS), max_size=12, unique_by=lambda row: row[2]),
    name=st.sampled_from(sorted(_KEYSETS)),
    descending=st.booleans(),
    size=st.integers(1, 5),
)
async def test_walking_the_pages_shows_every_row_once_in_order(
    database: Database, rows: list[tuple[int, datetime, str]], name: str, descending: bool, size: int
) -> None:
    await _fill(database, rows)
    columns = _KEYSETS[name]
    found = await _walk(database, Keyset(columns, descending=descending), size)
    keys = [tuple(getattr(note, column.key) for column in columns) for note in found]
    assert keys == sorted(keys, reverse=descending)
    assert sorted(note.slug for note in found) == sorted(row[2] for row in rows)


async def test_a_row_inserted_meanwhile_shifts_nothing(database: Database) -> None:
    await _fill(database, [(0, _EPOCH + timedelta(seconds=number), str(number)) for number in range(4)])
    newest_first = Keyset((Note.created_at, Note.id), descending=True)
    first = await _page(database, newest_first, 2, "")
    async with database.write() as session:
        session.add(Note(id=uuid7(), slug="new", created_at=_EPOCH + timedelta(hours=1)))
    second = await _page(database, newest_first, 2, first.next_page_token)
    assert [note.slug for note in [*first.items, *second.items]] == ["3", "2", "1", "0"]
    assert second.next_page_token == ""


async def test_rows_of_several_columns_are_paged_too(database: Database) -> None:
    await _fill(database, [(number, _EPOCH, str(number)) for number in range(3)])
    async with database.read() as session:
        page = await fetch_rows(
            session, select(Note.slug, Note.rank), Keyset((Note.rank, Note.id)), size=2, token="", query=_QUERY
        )
    assert [(row.slug, row.rank) for row in page.items] == [("0", 0), ("1", 1)]
    assert page.next_page_token


async def test_a_token_of_another_query_or_order_is_refused(database: Database) -> None:
    await _fill(database, [(number, _EPOCH, str(number)) for number in range(3)])
    by_rank = Keyset((Note.rank, Note.id))
    token = (await _page(database, by_rank, 1, "")).next_page_token
    other = query_fingerprint(ListPostsRequest(tag="other"))
    with pytest.raises(HamletError, match="INVALID_PAGE_TOKEN"):
        await _page(database, by_rank, 1, token, other)
    with pytest.raises(HamletError, match="INVALID_PAGE_TOKEN"):
        await _page(database, Keyset((Note.slug, Note.created_at, Note.id)), 1, token)
    with pytest.raises(HamletError, match="INVALID_PAGE_TOKEN"):
        await _page(database, Keyset((Note.created_at, Note.id)), 1, token)
