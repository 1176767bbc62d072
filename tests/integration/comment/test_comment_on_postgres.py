"""What depends on concurrent transactions, once more where they are concurrent."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from hamlet.account.v1 import personal_data_service_pb2 as personal
from hamlet.comment.v1 import comment_pb2
from hamlet.comment.v1 import comment_service_pb2 as contract

from mesh.testing.postgres import postgres_server
from services.comment.handlers.judgement import Judgement
from tests.integration.comment.village import MODERATOR, OTHER, READER, Village, draft, request_id, village

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with postgres_server() as server:
        yield server.create("comment")


@pytest.fixture
async def home(tmp_path: Path, url: str) -> AsyncIterator[Village]:
    async with village(tmp_path, database=url) as up:
        yield up


async def test_the_same_request_twenty_times_at_once_is_one_comment_and_one_answer(home: Village) -> None:
    post_id, stub = home.blog.add(), home.comments(READER)
    request = contract.CreateCommentRequest(post_id=post_id, comment=draft(), request_id=request_id())
    answers = await asyncio.gather(*(stub.CreateComment(request) for _ in range(20)))
    assert len({answer.SerializeToString() for answer in answers}) == 1
    assert len(await home.listed(post_id, MODERATOR)) == 1


async def test_a_crash_between_storing_and_answering_leaves_one_comment_and_one_answer(
    home: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    post_id, stub = home.blog.add(), home.comments(READER)
    request = contract.CreateCommentRequest(post_id=post_id, comment=draft(), request_id=request_id())

    async def crash(*_: Any, **__: Any) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as power:
        power.setattr(Judgement, "try_at_once", crash)
        with pytest.raises(grpc.aio.AioRpcError):
            await stub.CreateComment(request)
    answers = await asyncio.gather(*(stub.CreateComment(request) for _ in range(5)))
    assert len({answer.SerializeToString() for answer in answers}) == 1
    assert answers[0].state == comment_pb2.COMMENT_STATE_VISIBLE
    assert [each.id for each in await home.listed(post_id)] == [answers[0].id]


async def test_many_at_once_each_get_their_comment_and_a_watch_sees_them_all(home: Village) -> None:
    post_id = home.blog.add()
    stream = home.comments().WatchComments(contract.WatchCommentsRequest(post_id=post_id))
    await stream.read()
    authors = [READER, OTHER, None]
    written = await asyncio.gather(
        *(home.write(post_id, f"{n}", who=authors[n % 3], author_name="Yorick") for n in range(30))
    )
    seen: list[str] = []
    async with asyncio.timeout(20):
        while len(seen) < 30:
            message = await stream.read()
            assert isinstance(message, contract.WatchCommentsResponse)
            if message.HasField("event"):
                seen.append(message.event.comment.id)
    stream.cancel()
    assert sorted(seen) == sorted(each.id for each in written)


async def test_a_person_can_be_erased(home: Village) -> None:
    post_id = home.blog.add()
    for _ in range(3):
        await home.write(post_id)
    kept = await home.write(post_id, who=OTHER)
    request = personal.ErasePersonRequest(account_id=READER.account_id)
    assert (await home.personal_data().ErasePerson(request)).records >= 3
    assert [each.id for each in await home.listed(post_id)] == [kept.id]
