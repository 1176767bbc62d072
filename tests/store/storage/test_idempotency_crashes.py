"""A process that is killed in the middle of a request leaves the effect with its key, or neither."""

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hamlet.blog.v1.post_pb2 import Post
from hamlet.blog.v1.post_service_pb2 import CreatePostRequest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.storage.database import Database
from tests.store.storage.called import call_of
from tests.store.storage.notes import Note, keys

_ROOT = Path(__file__).parents[3]
_REQUEST = CreatePostRequest(post=Post(slug="hello"), request_id="id-1")


async def _create(url: str, *, die: str = "") -> Post:
    async def effect(session: AsyncSession) -> Post:
        session.add(Note(id=f"by-{os.getpid()}", slug="hello", created_at=datetime.now(UTC)))
        await session.flush()
        if die == "before commit":
            os.kill(os.getpid(), signal.SIGKILL)
        return Post(id=f"by-{os.getpid()}")

    async with Database(url) as database:
        answer = await keys.once(database, call_of("ada"), _REQUEST, Post, effect)
        if die == "before reply":
            os.kill(os.getpid(), signal.SIGKILL)
        return answer


async def _create_and_die(url: str, when: str) -> int:
    """The process id of one that was killed while it served the request."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.store.storage.test_idempotency_crashes", url, when, cwd=_ROOT
    )
    assert await asyncio.wait_for(process.wait(), 30) == -signal.SIGKILL
    return process.pid


async def _notes(url: str) -> int:
    async with Database(url) as database, database.read() as session:
        return (await session.execute(select(func.count()).select_from(Note))).scalar_one()


@pytest.mark.slow
async def test_a_crash_between_commit_and_reply_is_one_row_and_its_answer(migrated_url: str) -> None:
    killed = await _create_and_die(migrated_url, "before reply")
    assert (await _create(migrated_url)).id == f"by-{killed}"
    assert await _notes(migrated_url) == 1


@pytest.mark.slow
async def test_a_crash_before_commit_leaves_nothing_and_the_retry_has_the_effect(migrated_url: str) -> None:
    await _create_and_die(migrated_url, "before commit")
    assert (await _create(migrated_url)).id == f"by-{os.getpid()}"
    assert await _notes(migrated_url) == 1


if __name__ == "__main__":
    asyncio.run(_create(sys.argv[1], die=sys.argv[2]))
