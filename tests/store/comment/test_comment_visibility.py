"""What readers see, and what watches are told, is right after any history."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.comment.domain.comment import Comment, Shown, State, Unjudged
from services.comment.domain.lifecycle import deleted
from services.comment.domain.viewer import READER
from services.comment.domain.visibility import EventType, Member, shown_in
from services.comment.handlers.erasure import Erasure
from services.comment.handlers.housekeeping import Housekeeping
from services.comment.hub import Hub
from services.comment.settings import CommentSettings
from services.comment.store import events, lists, people
from services.storage.database import Database
from tests.store.comment.threads import POST, changed, new, stored, written

_STATES = [State.PENDING, State.VISIBLE, State.HELD, State.REJECTED, State.DELETED]


async def _all(database: Database) -> list[Comment]:
    async with database.read() as session:
        found = await people.some(session, people.by_author(""), limit=1000)
    return sorted(found, key=lambda each: each.path)


async def _listed(database: Database) -> list[Comment]:
    async with database.read() as session:
        page = await lists.thread_page(session, POST, READER, size=1000, token="", query=b"")
    return page.items


async def _replayed(database: Database) -> set[str]:
    """What somebody sees who only followed the events."""
    seen: set[str] = set()
    async with database.read() as session:
        for event in await events.events_after(session, POST, 0, 10_000):
            if event.type is EventType.APPEARED:
                assert event.comment_id not in seen
                seen.add(event.comment_id)
            elif event.type is EventType.DISAPPEARED:
                seen.remove(event.comment_id)
            else:
                assert event.comment_id in seen
    return seen


def _expected(comments: list[Comment], unjudged: Unjudged) -> list[Shown]:
    """From scratch, thread by thread."""
    shown: list[Shown] = []
    members = [Member(each.id, each.path, each.state, each.shown) for each in comments]
    for top in (each for each in members if len(each.path) == 32):
        thread = [each for each in members if each.path.startswith(top.path)]
        shown += shown_in(thread, hidden=False, unjudged=unjudged)
    return shown


@pytest.mark.parametrize("unjudged", list(Unjudged))
@pytest.mark.parametrize("seed", range(3))
async def test_lists_and_events_agree_with_the_rules_after_any_history(
    database: Database, unjudged: Unjudged, seed: int
) -> None:
    chance = random.Random(seed)
    for _ in range(60):
        known = await _all(database)
        if not known or chance.random() < 0.4:
            parent = chance.choice([None, *known]) if known else None
            parent = parent if parent is None or parent.depth < 4 else None
            await written(database, new(parent), unjudged)
        else:
            comment = chance.choice(known)
            after = replace(comment, state=chance.choice(_STATES), version=comment.version + 1)
            if chance.random() < 0.3:
                after = replace(after, revision=comment.revision + 1, text="edited")
            await changed(database, after, unjudged)
    comments = await _all(database)
    assert [each.shown for each in comments] == _expected(comments, unjudged)
    assert await _listed(database) == [each for each in comments if each.shown is not Shown.NOTHING]
    assert await _replayed(database) == {each.id for each in comments if each.shown is Shown.WHOLE}


async def test_another_policy_for_unjudged_comments_holds_for_those_that_wait(database: Database) -> None:
    top = await written(database, new())
    reply = await written(database, new(top, state=State.VISIBLE))
    for unjudged, shown in ((Unjudged.SHOW, [top.id, reply.id]), (Unjudged.HOLD, [])):
        await _housekeeping(database, CommentSettings(unjudged=unjudged)).apply_policy()
        assert [each.id for each in await _listed(database)] == shown
        assert await _replayed(database) == set(shown)


def _housekeeping(database: Database, settings: CommentSettings) -> Housekeeping:
    hub = Hub(database, poll=1.0, most=1)
    return Housekeeping(database, Erasure(database, hub, settings), settings)


async def test_addresses_are_forgotten_after_their_time(database: Database) -> None:
    comment = await written(database, new())
    housekeeping = _housekeeping(database, CommentSettings())
    await housekeeping.purge(datetime.now(UTC) + timedelta(days=29))
    assert (await stored(database, comment.id)).ip
    await housekeeping.purge(datetime.now(UTC) + timedelta(days=31))
    after = await stored(database, comment.id)
    assert (after.ip, after.user_agent, after.text) == ("", "", comment.text)


async def test_the_text_of_a_deleted_comment_is_erased_after_its_time(database: Database) -> None:
    comment = await written(database, new())
    await changed(database, deleted(comment, datetime.now(UTC), timedelta(days=30)))
    housekeeping = _housekeeping(database, CommentSettings())
    await housekeeping.purge(datetime.now(UTC) + timedelta(days=29))
    assert (await stored(database, comment.id)).text
    await housekeeping.purge(datetime.now(UTC) + timedelta(days=31))
    after = await stored(database, comment.id)
    assert (after.text, after.text_html, after.author_name, after.text_until) == ("", "", "", None)
