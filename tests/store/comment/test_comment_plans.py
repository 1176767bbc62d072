"""Every list of comments comes out of an index in its order: a page costs the same in a thread of a million."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.comment.domain.comment import Comment, Shown, State
from services.comment.domain.viewer import Viewer
from services.comment.domain.visibility import EventType
from services.comment.store import comments, events, lists, people
from services.comment.store.rows import values_of
from services.comment.tables import CommentRow, EventRow, RevisionRow, ThreadRow
from services.storage.database import Database
from services.storage.ids import uuid7
from tests.store.comment.threads import POST, new
from tests.store.plans import found_by_index, listed_by_index, selecting

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
AUTHOR = uuid7()
PAGE: dict[str, Any] = {"size": 5, "query": b"query"}
List = Callable[[AsyncSession, str], Awaitable[Any]]


def _comment(number: int) -> Comment:
    visible = number % 4 != 0
    return replace(
        new(author_id=AUTHOR if number % 3 == 0 else ""),
        state=State.VISIBLE if visible else State.HELD,
        shown=Shown.WHOLE if visible else Shown.NOTHING,
        text_until=NOW + timedelta(days=number),
        address_until=NOW + timedelta(days=number),
    )


THREAD = [_comment(number) for number in range(400)]


def _thread(viewer: Viewer) -> List:
    return lambda session, token: lists.thread_page(session, POST, viewer, token=token, **PAGE)


def _waiting(post_id: str) -> List:
    return lambda session, token: lists.waiting_page(session, post_id, token=token, **PAGE)


LISTS: dict[str, List] = {
    "what readers see": _thread(Viewer("", moderator=False)),
    "what an author sees": _thread(Viewer(AUTHOR, moderator=False)),
    "what a moderator sees": _thread(Viewer(uuid7(), moderator=True)),
    "what waits": _waiting(""),
    "what waits under a post": _waiting(POST),
}
ORDERED: dict[str, Callable[[AsyncSession], Awaitable[Any]]] = {
    "events": lambda session: events.events_after(session, POST, 10, 100),
    "revisions": lambda session: comments.revisions_of(session, THREAD[0].id),
    "a person's comments": lambda session: people.some(session, people.by_author(AUTHOR), after=THREAD[0].id),
}
LOOKUPS: dict[str, Callable[[AsyncSession], Awaitable[Any]]] = {
    "revisions of many": lambda session: people.revisions_of(session, [each.id for each in THREAD[:50]]),
    "texts that are due": lambda session: people.some(session, people.text_is_due(NOW)),
    "sequences": lambda session: events.sequences_of(session, [POST]),
}


@pytest.fixture
async def full(database: Database) -> Database:
    """A thread of 400 comments with as many events, the first with as many revisions."""
    first = {"comment_id": THREAD[0].id, "text": "", "created_at": NOW}
    kind = int(EventType.APPEARED)
    happened = [
        {"post_id": POST, "sequence": number, "type": kind, "comment_id": each.id, "created_at": NOW}
        for number, each in enumerate(THREAD, start=1)
    ]
    async with database.write() as session:
        await session.execute(insert(ThreadRow).values(post_id=POST, sequence=400, purged=0))
        await session.execute(insert(CommentRow), [values_of(each) for each in THREAD])
        await session.execute(insert(RevisionRow), [{**first, "revision": number} for number in range(1, 401)])
        await session.execute(insert(EventRow), happened)
    return database


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_is_read_from_an_index_in_its_order(full: Database, name: str) -> None:
    await listed_by_index(full, LISTS[name])


@pytest.mark.parametrize("name", ORDERED)
async def test_what_is_read_in_order_is_not_sorted(full: Database, name: str) -> None:
    async with full.read() as session:
        with selecting() as plan:
            assert await ORDERED[name](session)
        assert await plan.full_scans(session) == []
        assert await plan.sorts(session) == []


@pytest.mark.parametrize("name", LOOKUPS)
async def test_nothing_else_reads_a_table_from_end_to_end(full: Database, name: str) -> None:
    await found_by_index(full, LOOKUPS[name])
