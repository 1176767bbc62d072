"""The numbers of a post's events have no gap at any time, whoever writes."""

import asyncio
from datetime import UTC, datetime, timedelta

from mesh.errors import ErrorReason, HamletError
from services.comment.domain.comment import State
from services.comment.hub import Hub
from services.comment.store import events
from services.storage.database import Database
from tests.store.comment.threads import POST, new, written

_WRITERS, _EACH = 6, 8
_OTHER_POST = "0199f0c0-0000-7000-8000-000000000002"


async def _write(database: Database) -> None:
    done = 0
    while done < _EACH:
        try:
            await written(database, new(state=State.VISIBLE))
        except HamletError as error:
            # On a busy machine a writer may not get its turn in time; nothing is written then.
            if error.reason != ErrorReason.ERROR_REASON_UNAVAILABLE:
                raise
        else:
            done += 1


async def _follow(database: Database, until: int) -> list[int]:
    seen: list[int] = []
    while len(seen) < until:
        async with database.read() as session:
            seen += [each.sequence for each in await events.events_after(session, POST, len(seen), 100)]
        await asyncio.sleep(0)
    return seen


async def test_a_follower_misses_nothing_of_concurrent_writers(database: Database) -> None:
    total = _WRITERS * _EACH
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        follower = group.create_task(_follow(database, total))
        for _ in range(_WRITERS):
            group.create_task(_write(database))
    # A number that committed after a higher one would have been skipped.
    assert follower.result() == list(range(1, total + 1))


async def test_posts_are_numbered_on_their_own(database: Database) -> None:
    await written(database, new(state=State.VISIBLE))
    await written(database, new(state=State.VISIBLE, post=_OTHER_POST))
    async with database.read() as session:
        assert await events.sequences_of(session, [POST, _OTHER_POST]) == {POST: 1, _OTHER_POST: 1}


async def test_old_events_go_and_how_far_is_remembered(database: Database) -> None:
    for _ in range(3):
        await written(database, new(state=State.VISIBLE))
    async with database.write() as session:
        assert await events.purge(session, datetime.now(UTC) - timedelta(days=1)) == 0
        assert await events.purge(session, datetime.now(UTC) + timedelta(days=1)) == 1
    async with database.read() as session:
        assert await events.progress_of(session, POST) == events.Progress(3, 3)
        assert await events.events_after(session, POST, 0, 10) == []
    await written(database, new(state=State.VISIBLE))
    async with database.read() as session:
        assert [each.sequence for each in await events.events_after(session, POST, 3, 10)] == [4]


async def test_a_watch_learns_of_what_another_replica_wrote(database: Database) -> None:
    hub = Hub(database, poll=0.02, most=10)
    looking = asyncio.create_task(hub.run())
    try:
        with hub.subscribed(POST) as subscription:
            await written(database, new(state=State.VISIBLE))
            async with asyncio.timeout(10):
                await subscription.wait(10)
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
