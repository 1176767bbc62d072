"""A verdict is applied once, to the text that it is about, and never over a person's decision."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mesh.errors import HamletError
from services.comment.clients import SpamFilter
from services.comment.convert import Presentation
from services.comment.domain.comment import Comment, Decision, State, Verdict
from services.comment.domain.lifecycle import edited
from services.comment.handlers.judgement import Judgement
from services.comment.handlers.moderation import Moderation
from services.comment.hub import Hub
from services.comment.settings import CommentSettings
from services.comment.store import comments
from services.storage.database import Database
from tests.store.comment.threads import HAM, SPAM, changed, new, stored, written
from tests.store.storage.called import call_of


async def _apply(database: Database, about: Comment, verdict: Verdict) -> Comment:
    # Applying asks no filter.
    judgement = Judgement(SpamFilter.__new__(SpamFilter), CommentSettings())
    async with database.write() as session:
        return await judgement.apply(session, about, verdict, datetime.now(UTC))


async def _approve(database: Database, comment: Comment) -> None:
    settings = CommentSettings()
    hub = Hub(database, poll=1.0, most=1)
    moderation = Moderation(database, Presentation(timedelta(minutes=15)), hub, settings)
    await moderation.decide(call_of("moderator"), comment.id, approve=True)


async def test_a_verdict_decides_and_is_kept_whole(database: Database) -> None:
    comment = await written(database, new())
    await _apply(database, comment, HAM)
    after = await stored(database, comment.id)
    assert (after.state, after.decision, after.verdict) == (State.VISIBLE, Decision.FILTER, HAM)


async def test_a_second_verdict_about_the_same_text_changes_nothing(database: Database) -> None:
    comment = await written(database, new())
    first = await _apply(database, comment, HAM)
    assert await _apply(database, comment, SPAM) == first


async def test_a_verdict_about_an_earlier_text_is_not_applied(database: Database) -> None:
    comment = await written(database, new())
    await changed(database, edited(comment, "another", "<p>another</p>", datetime.now(UTC)))
    after = await _apply(database, comment, HAM)
    assert (after.state, after.decision, after.verdict) == (State.PENDING, Decision.NONE, None)


async def test_a_verdict_does_not_overwrite_a_person(database: Database) -> None:
    comment = await written(database, new())
    await _approve(database, comment)
    decided = await stored(database, comment.id)
    assert await _apply(database, comment, SPAM) == decided


async def test_whoever_wins_the_race_the_person_has_the_last_word(database: Database) -> None:
    for _ in range(10):
        comment = await written(database, new())
        async with asyncio.TaskGroup() as both:
            both.create_task(_apply(database, comment, SPAM))
            both.create_task(_approve(database, comment))
        after = await stored(database, comment.id)
        assert (after.state, after.decision) == (State.VISIBLE, Decision.MODERATOR)


async def test_a_change_of_what_was_not_read_is_a_conflict(database: Database) -> None:
    comment = await written(database, new())
    await _approve(database, comment)
    async with database.write() as session:
        with pytest.raises(HamletError, match="CONFLICT"):
            await comments.save(session, comment, replace(comment, text="b"))
