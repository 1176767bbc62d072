"""Every list of the blog comes out of an index in its order: its first page costs the same however full the blog is."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.blog.domain.post import Draft, Post, State
from services.blog.domain.words import query_of
from services.blog.store import people, posts, revisions, search
from services.blog.tables import PostRow, PostTagRow, PostTextRow, PostWordRow, RevisionRow
from services.storage.database import Database
from services.storage.ids import uuid7
from tests.store.plans import found_by_index, listed_by_index, selecting

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
AUTHOR = uuid7()
PAGE: dict[str, Any] = {"size": 5, "query": b"query"}
List = Callable[[AsyncSession, str], Awaitable[Any]]


def _post(number: int) -> Post:
    at = NOW + timedelta(minutes=number)
    return Post(
        id=uuid7(),
        draft=Draft(f"post-{number}", "A title", "Some words", ("news",)),
        body_html="",
        excerpt="",
        state=(State.PUBLISHED, State.DRAFT, State.SCHEDULED, State.DELETED)[number % 4],
        comments_closed=False,
        author_id=AUTHOR if number % 3 == 0 else uuid7(),
        author_name="Yorick",
        revision=1,
        version=1,
        created_at=at,
        updated_at=at,
        published_at=at,
    )


POSTS = [_post(number) for number in range(400)]


def _listed(state: State = State.PUBLISHED, author_id: str = "", tag: str = "") -> List:
    return lambda session, token: posts.listed(session, state=state, author_id=author_id, tag=tag, token=token, **PAGE)


LISTS: dict[str, List] = {
    "published": _listed(),
    "an author's drafts": _listed(State.DRAFT, AUTHOR),
    "an author's published": _listed(author_id=AUTHOR),
    "with a tag": _listed(tag="news"),
    "an author's with a tag": _listed(author_id=AUTHOR, tag="news"),
    "revisions": lambda session, token: revisions.listed(session, POSTS[0].id, token=token, **PAGE),
}
LOOKUPS: dict[str, Callable[[AsyncSession], Awaitable[Any]]] = {
    "due": lambda session: posts.due(session, NOW),
    "purgeable": lambda session: posts.purgeable(session, NOW),
    "slugs": lambda session: posts.slugs_like(session, "post-1"),
    "a person's posts": lambda session: people.posts_of(session, AUTHOR),
    "a person's revisions": lambda session: people.revisions_of(session, [POSTS[0].id, POSTS[1].id]),
    "words": lambda session: search.find(session, query_of("some words"), token="", **PAGE),
    "a phrase": lambda session: search.find(session, query_of('"some words"'), token="", **PAGE),
}


@pytest.fixture
async def full(database: Database) -> Database:
    """A blog of 400 posts in all states, the first with as many revisions."""
    rows = [
        {"id": each.id, "author_id": each.author_id, "created_at": each.created_at, **posts._columns(each)}
        for each in POSTS
    ]
    first = replace(POSTS[0], revision=1)
    ids = [each.id for each in POSTS]
    changes = [
        {
            "post_id": first.id,
            "number": number,
            "slug": "post-0",
            "title": "A title",
            "body": "",
            "tags": [],
            "author_id": AUTHOR,
            "created_at": NOW,
        }
        for number in range(1, 401)
    ]
    async with database.write() as session:
        await session.execute(insert(PostRow), rows)
        await session.execute(insert(PostTagRow), [{"tag": "news", "post_id": each} for each in ids])
        words = [{"word": word, "post_id": each, "weight": 1} for each in ids for word in ("some", "words")]
        await session.execute(insert(PostWordRow), words)
        await session.execute(insert(PostTextRow), [{"post_id": each, "words": " some words "} for each in ids])
        await session.execute(insert(RevisionRow), changes)
    return database


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_is_read_from_an_index_in_its_order(full: Database, name: str) -> None:
    await listed_by_index(full, LISTS[name])


@pytest.mark.parametrize("name", LOOKUPS)
async def test_nothing_else_reads_a_table_from_end_to_end(full: Database, name: str) -> None:
    await found_by_index(full, LOOKUPS[name])


async def test_what_no_index_answers_shows(full: Database) -> None:
    async with full.read() as session:
        with selecting() as plan:
            await session.execute(select(PostRow.id).where(PostRow.excerpt == "none").order_by(PostRow.title))
        assert len(await plan.full_scans(session)) == 1
        assert len(await plan.sorts(session)) >= 1
