"""What the blog keeps, on SQLite and on PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import column, insert, select, table, update

from mesh.errors import ErrorReason, HamletError
from services.blog.app import MIGRATIONS
from services.blog.domain.post import Draft, Post, State
from services.blog.domain.words import query_of
from services.blog.handlers.housekeeping import Housekeeping
from services.blog.settings import BlogSettings
from services.blog.store import people, posts, revisions, search
from services.blog.tables import Base, PostRow, PostTagRow, PostTextRow, PostWordRow, RevisionRow
from services.storage.database import Database
from services.storage.ids import uuid7
from services.storage.migration import heads
from services.storage.migration.comparison import differences

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
AUTHOR = uuid7()


def post(slug: str, *, title: str = "A title", body: str = "Some words", state: State = State.PUBLISHED) -> Post:
    return Post(
        id=uuid7(),
        draft=Draft(slug, title, body, ("news",)),
        body_html=f"<p>{body}</p>",
        excerpt=body,
        state=state,
        comments_closed=False,
        author_id=AUTHOR,
        author_name="Yorick",
        revision=1,
        version=1,
        created_at=NOW,
        updated_at=NOW,
        published_at=NOW,
    )


async def add(database: Database, *added: Post) -> None:
    async with database.write() as session:
        for each in added:
            await posts.add(session, each)
            revisions.add(session, each, each.author_id)
            await search.keep_in_step(session, each)


async def found(database: Database, text: str) -> list[str]:
    async with database.read() as session:
        page = await search.find(session, query_of(text), size=10, token="", query=b"q")
    return [row.slug for row in page.items]


async def test_migrations_make_the_declared_tables(migrated_url: str) -> None:
    assert differences(migrated_url, Base.metadata) == []


async def test_the_version_before_cover_images_writes_posts_on_this_schema(database: Database) -> None:
    new: dict[str, Any] = {"cover_image_url": "https://pictures.example/skull.jpg", "cover_image_alt": "A skull"}
    old, covered = post("old"), replace(post("covered"), **new)
    async with database.write() as session:
        columns = {**posts._columns(old), "id": old.id, "author_id": old.author_id, "created_at": old.created_at}
        for name in new:
            del columns[name]
        # Without the declared table, which would add the columns.
        before = table("posts", *(column(name, PostRow.__table__.c[name].type) for name in columns))
        await session.execute(insert(before).values(columns))
        await posts.add(session, covered)
        await session.execute(update(before).where(before.c.id == covered.id).values(title="Changed", version=2))
    async with database.read() as session:
        assert await posts.get(session, old.id) == old
        kept = await posts.get(session, covered.id)
    assert {name: getattr(kept, name) for name in new} == new


def test_the_history_has_one_head() -> None:
    assert len(heads(MIGRATIONS)) == 1


async def test_a_post_comes_back_as_it_was(database: Database) -> None:
    kept = post("kept")
    await add(database, kept)
    async with database.read() as session:
        assert await posts.get(session, kept.id) == kept
        assert await posts.by_slug(session, "kept") == kept


async def test_two_posts_cannot_share_a_slug(database: Database) -> None:
    await add(database, post("same"))
    with pytest.raises(HamletError) as refused:
        await add(database, post("same"))
    assert refused.value.reason == ErrorReason.ERROR_REASON_SLUG_TAKEN


async def test_a_change_of_something_that_changed_meanwhile_is_a_conflict(database: Database) -> None:
    first = post("raced")
    await add(database, first)
    async with database.write() as session:
        await posts.save(session, first, replace(first, version=2))
    with pytest.raises(HamletError) as refused:
        async with database.write() as session:
            await posts.save(session, first, replace(first, version=2))
    assert refused.value.reason == ErrorReason.ERROR_REASON_CONFLICT


async def test_pages_hold_every_post_once_the_newest_first(database: Database) -> None:
    kept = [replace(post(f"p-{n}"), published_at=NOW + timedelta(minutes=n)) for n in range(7)]
    await add(database, *kept)
    seen: list[str] = []
    token = ""
    while True:
        async with database.read() as session:
            page = await posts.listed(
                session, state=State.PUBLISHED, author_id="", tag="news", size=3, token=token, query=b"q"
            )
        seen += [row.slug for row in page.items]
        token = page.next_page_token
        if not token:
            break
    assert seen == [f"p-{n}" for n in reversed(range(7))]


async def test_lists_know_state_author_and_tag(database: Database) -> None:
    await add(database, post("shown"), post("hidden", state=State.DRAFT))
    for state, author, tag, expected in [
        (State.DRAFT, AUTHOR, "", ["hidden"]),
        (State.PUBLISHED, uuid7(), "", []),
        (State.PUBLISHED, "", "other", []),
    ]:
        async with database.read() as session:
            page = await posts.listed(session, state=state, author_id=author, tag=tag, size=5, token="", query=b"q")
        assert [row.slug for row in page.items] == expected


async def test_search_wants_every_word_and_phrases_in_order(database: Database) -> None:
    await add(
        database,
        post("jest", title="A fellow of infinite jest", body="Where be your gibes now?"),
        post("ghost", title="Remember me", body="The ghost of infinite sorrow, and no jest at all"),
    )
    assert await found(database, "infinite jest") == ["jest", "ghost"]
    assert await found(database, '"infinite jest"') == ["jest"]
    assert await found(database, "gibes sorrow") == []
    assert await found(database, "GIBES") == ["jest"]


@pytest.mark.parametrize("text", ['"', "' OR 1=1 --", "NEAR(a b) AND*", "%_%", "\x01", "(((", 'a"b"c', "💥 ☃"])
async def test_no_query_is_an_error(database: Database, text: str) -> None:
    await add(database, post("plain"))
    if query_of(text).words:
        assert await found(database, text) == []


async def test_only_what_is_published_is_found(database: Database) -> None:
    shown = post("shown", body="peculiar")
    await add(database, shown)
    assert await found(database, "peculiar") == ["shown"]
    async with database.write() as session:
        hidden = replace(shown, state=State.DRAFT, version=2)
        await posts.save(session, shown, hidden)
        await search.keep_in_step(session, hidden)
    assert await found(database, "peculiar") == []


async def test_search_pages_hold_every_match_once(database: Database) -> None:
    await add(database, *(post(f"m-{n}", body="match " * (n + 1)) for n in range(5)))
    seen: list[str] = []
    token = ""
    while True:
        async with database.read() as session:
            page = await search.find(session, query_of("match"), size=2, token=token, query=b"q")
        seen += [row.slug for row in page.items]
        token = page.next_page_token
        if not token:
            break
    assert seen == ["m-4", "m-3", "m-2", "m-1", "m-0"]


async def test_a_scheduled_post_goes_out_when_its_time_has_come(database: Database) -> None:
    waiting = replace(post("waiting", state=State.SCHEDULED), published_at=NOW + timedelta(hours=1))
    await add(database, waiting)
    keeper = Housekeeping(database, BlogSettings())
    assert await keeper.publish_due(NOW) == 0
    assert await keeper.publish_due(NOW + timedelta(hours=2)) == 1
    assert await keeper.publish_due(NOW + timedelta(hours=2)) == 0
    async with database.read() as session:
        assert (await posts.get(session, waiting.id)).state == State.PUBLISHED


async def test_a_deleted_post_is_erased_with_all_that_hangs_on_it(database: Database) -> None:
    gone = replace(post("gone"), purge_at=NOW)
    await add(database, gone)
    assert await Housekeeping(database, BlogSettings()).purge(NOW + timedelta(seconds=1)) == 1
    await nothing_left(database)


async def test_a_person_is_erased_with_all_they_wrote(database: Database) -> None:
    await add(database, post("theirs"), post("draft", state=State.DRAFT))
    async with database.write() as session:
        assert await people.erase(session, AUTHOR) == 2
    await nothing_left(database)


async def nothing_left(database: Database) -> None:
    async with database.read() as session:
        for table in (RevisionRow, PostTagRow, PostWordRow, PostTextRow):
            assert (await session.scalars(select(table))).all() == []
