"""An answer that takes two transactions is the same for every attempt, whoever finishes it."""

import asyncio

import pytest
from hamlet.blog.v1.post_pb2 import Post
from hamlet.blog.v1.post_service_pb2 import CreatePostRequest
from sqlalchemy.ext.asyncio import AsyncSession

from mesh.errors import HamletError
from services.comment.tables import keys
from services.storage.database import Database
from tests.store.storage.called import call_of

_REQUEST = CreatePostRequest(post=Post(title="t"), request_id="6a1b7c1e-6a53-4c1e-9d57-0a4c2a9c8f11")
_RECEIPT = Post(id="1")


async def _begin(database: Database) -> Post:
    async def effect(_session: AsyncSession) -> Post:
        return _RECEIPT

    return await keys.once(database, call_of("a"), _REQUEST, Post, effect)


async def _settle(database: Database, answer: Post) -> Post:
    async with database.write() as session:
        return await keys.settle(session, call_of("a"), _REQUEST, _RECEIPT, answer)


async def _answered(database: Database, request: CreatePostRequest = _REQUEST) -> Post | None:
    async with database.read() as session:
        return await keys.answered(session, call_of("a"), request, Post)


async def test_there_is_no_answer_before_the_first_attempt(database: Database) -> None:
    assert await _answered(database) is None
    assert await _answered(database, CreatePostRequest()) is None


async def test_the_first_to_settle_answers_for_all(database: Database) -> None:
    assert await _begin(database) == _RECEIPT
    answers = [Post(id="1", title=f"{number}") for number in range(5)]
    given = await asyncio.gather(*(_settle(database, each) for each in answers))
    assert len({each.SerializeToString() for each in given}) == 1
    assert given[0] in answers
    assert await _begin(database) == await _answered(database) == given[0]


async def test_an_answer_whose_key_was_erased_is_given_all_the_same(database: Database) -> None:
    assert await _settle(database, Post(id="1", title="t")) == Post(id="1", title="t")


async def test_another_request_with_the_same_id_is_refused(database: Database) -> None:
    await _begin(database)
    with pytest.raises(HamletError, match="REQUEST_ID_REUSED"):
        await _answered(database, CreatePostRequest(post=Post(title="u"), request_id=_REQUEST.request_id))
