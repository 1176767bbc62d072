"""A comment's way: stored first, judged then, and the answer says what happened."""

import asyncio
import time
from pathlib import Path
from typing import Any

import grpc
import pytest
from hamlet.blog.v1.post_pb2 import PostState
from hamlet.comment.v1 import comment_pb2
from hamlet.comment.v1 import comment_service_pb2 as contract
from hamlet.comment.v1.moderation_service_pb2 import ApproveCommentRequest
from hamlet.spam.v1 import spam_service_pb2, verdict_pb2

from services.comment.handlers.judgement import Judgement
from tests.integration.comment.village import (
    AS_PROMISED,
    MODERATOR,
    OTHER,
    READER,
    Village,
    draft,
    reason_of,
    request_id,
    village,
)

VISIBLE, HELD = comment_pb2.COMMENT_STATE_VISIBLE, comment_pb2.COMMENT_STATE_HELD
PENDING, REJECTED = comment_pb2.COMMENT_STATE_PENDING, comment_pb2.COMMENT_STATE_REJECTED


@pytest.mark.parametrize(
    ("text", "state", "label"),
    [
        ("Well said.", VISIBLE, verdict_pb2.LABEL_HAM),
        ("unsure about this", HELD, verdict_pb2.LABEL_UNSURE),
        ("buy spam", REJECTED, verdict_pb2.LABEL_SPAM),
    ],
)
async def test_the_answer_says_what_the_filter_thinks(home: Village, text: str, state: int, label: int) -> None:
    answer = await home.write(home.blog.add(), text)
    assert (answer.state, answer.verdict.label) == (state, label)
    assert answer.decision == comment_pb2.DECISION_FILTER
    assert (answer.author_name, answer.author_id, answer.revision) == ("Ophelia", READER.account_id, 1)
    assert answer.text_html.startswith("<p>")
    assert answer.edit_until_time.ToDatetime() > answer.create_time.ToDatetime()


async def test_the_filter_is_told_what_helps_it_and_that_a_person_waits(home: Village) -> None:
    await home.write(home.blog.add(title="On sleep"), author_url="https://a.example", author_name="Yorick", who=None)
    [request] = home.filter.requests
    assert request.priority == spam_service_pb2.PRIORITY_LIVE
    assert (request.comment.author_name, request.comment.post_title) == ("Yorick", "On sleep")
    assert request.comment.ip
    assert request.comment.user_agent


async def test_a_guest_gives_a_name_and_gets_no_address_back(home: Village) -> None:
    post_id = home.blog.add()
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await home.write(post_id, who=None)
    assert reason_of(refused.value) == "INVALID_REQUEST"
    answer = await home.write(post_id, who=None, author_name="Yorick", author_email="yorick@grave.example")
    assert (answer.author_name, answer.author_id, answer.author_email) == ("Yorick", "", "")
    assert answer.verdict.label == verdict_pb2.LABEL_HAM
    [seen] = await home.listed(post_id, MODERATOR)
    assert seen.author_email == "yorick@grave.example"
    [public] = await home.listed(post_id)
    assert (public.author_email, public.HasField("verdict")) == ("", False)


async def test_guests_can_be_kept_out(tmp_path: Path) -> None:
    async with village(tmp_path, {"HAMLET_COMMENT_GUESTS": "false"}) as home:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await home.write(home.blog.add(), who=None, author_name="Yorick")
        assert reason_of(refused.value) == "UNAUTHENTICATED"


async def test_what_readers_get_is_harmless_and_lends_no_rank(home: Village) -> None:
    answer = await home.write(home.blog.add(), "<script>alert(1)</script> [mine](https://a.example)")
    assert "<script" not in answer.text_html
    assert 'rel="nofollow ugc' in answer.text_html


async def test_a_blank_text_is_refused(home: Village) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await home.write(home.blog.add(), " \n")
    assert reason_of(refused.value) == "INVALID_REQUEST"


async def test_a_post_that_is_not_there_or_takes_no_comments_is_named(home: Village) -> None:
    closed = home.blog.add(comments_closed=True)
    unpublished = home.blog.add(state=PostState.POST_STATE_DRAFT)
    for post_id, reason in (
        (request_id(), "POST_NOT_FOUND"),
        (closed, "COMMENTS_CLOSED"),
        (unpublished, "COMMENTS_CLOSED"),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await home.write(post_id)
        assert reason_of(refused.value) == reason


async def test_replies_need_a_parent_of_the_same_post_that_their_author_sees(home: Village) -> None:
    post_id, elsewhere = home.blog.add(), home.blog.add()
    held = await home.write(post_id, "unsure")
    other = await home.write(elsewhere)
    for parent_id in (held.id, other.id, request_id()):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await home.write(post_id, who=OTHER, parent_id=parent_id)
        assert reason_of(refused.value) == "PARENT_NOT_FOUND"
    reply = await home.write(post_id, who=READER, parent_id=held.id)
    assert (reply.parent_id, reply.depth) == (held.id, 1)


async def test_threads_end_at_the_deepest_reply(tmp_path: Path) -> None:
    async with village(tmp_path, {"HAMLET_COMMENT_MAX_DEPTH": "2"}) as home:
        post_id, parent_id = home.blog.add(), ""
        for depth in range(3):
            answer = await home.write(post_id, parent_id=parent_id)
            assert answer.depth == depth
            parent_id = answer.id
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await home.write(post_id, parent_id=parent_id)
        assert reason_of(refused.value) == "THREAD_TOO_DEEP"


async def test_the_same_request_five_times_is_one_comment_and_one_answer(home: Village) -> None:
    post_id = home.blog.add()
    request = contract.CreateCommentRequest(post_id=post_id, comment=draft(), request_id=request_id())
    answers = {(await home.comments(READER).CreateComment(request)).SerializeToString() for _ in range(5)}
    assert len(answers) == 1
    assert comment_pb2.Comment.FromString(answers.pop()).state == VISIBLE
    assert len(await home.listed(post_id, MODERATOR)) == 1


async def test_the_same_request_twenty_times_at_once_is_one_comment_and_one_answer(home: Village) -> None:
    post_id = home.blog.add()
    request = contract.CreateCommentRequest(post_id=post_id, comment=draft(), request_id=request_id())
    stub = home.comments(READER)
    answers = await asyncio.gather(*(stub.CreateComment(request) for _ in range(20)))
    assert len({answer.SerializeToString() for answer in answers}) == 1
    assert len(await home.listed(post_id, MODERATOR)) == 1


async def test_an_answer_is_repeated_though_blog_is_away_and_the_comment_was_decided_since(home: Village) -> None:
    post_id = home.blog.add()
    request = contract.CreateCommentRequest(post_id=post_id, comment=draft("unsure"), request_id=request_id())
    first = await home.comments(READER).CreateComment(request)
    assert first.state == HELD
    await home.moderation().ApproveComment(ApproveCommentRequest(comment_id=first.id))
    home.blog.hang = True
    assert await home.comments(READER).CreateComment(request) == first


async def test_a_request_id_with_another_text_is_refused(home: Village) -> None:
    post_id, key = home.blog.add(), request_id()
    stub = home.comments(READER)
    await stub.CreateComment(contract.CreateCommentRequest(post_id=post_id, comment=draft(), request_id=key))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub.CreateComment(contract.CreateCommentRequest(post_id=post_id, comment=draft("b"), request_id=key))
    assert reason_of(refused.value) == "REQUEST_ID_REUSED"


async def test_a_crash_between_storing_and_answering_leaves_one_comment_and_one_answer(
    home: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    post_id = home.blog.add()
    request = contract.CreateCommentRequest(post_id=post_id, comment=draft(), request_id=request_id())
    stub = home.comments(READER)
    original = Judgement.try_at_once

    async def crash(*_: Any, **__: Any) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(Judgement, "try_at_once", crash)
    with pytest.raises(grpc.aio.AioRpcError):
        await stub.CreateComment(request)
    monkeypatch.setattr(Judgement, "try_at_once", original)
    answers = [await stub.CreateComment(request) for _ in range(3)]
    assert len({answer.SerializeToString() for answer in answers}) == 1
    assert answers[0].state == VISIBLE
    assert [each.id for each in await home.listed(post_id)] == [answers[0].id]


async def test_a_hanging_filter_does_not_keep_an_author_waiting_and_judges_later(tmp_path: Path) -> None:
    async with village(tmp_path, AS_PROMISED) as home:
        post_id = home.blog.add()
        await home.write(post_id)
        home.filter.working.clear()
        request = contract.CreateCommentRequest(post_id=post_id, comment=draft("unsure"), request_id=request_id())
        stub = home.comments(READER)
        started = time.monotonic()
        answer = await stub.CreateComment(request)
        waited = time.monotonic() - started
        assert answer.state == PENDING
        assert not answer.HasField("verdict")
        # The promise is 0.3 s; the machine of a test suite is busy.
        assert waited < 0.6
        assert len(await home.listed(post_id)) == 1
        home.filter.working.set()
        judged = await home.until_state(answer.id, HELD)
        assert judged.verdict.label == verdict_pb2.LABEL_UNSURE
        assert home.filter.requests[-1].priority == spam_service_pb2.PRIORITY_BACKFILL
        assert await stub.CreateComment(request) == answer


async def test_a_broken_filter_costs_nobody_a_comment(home: Village) -> None:
    home.filter.broken = True
    answer = await home.write(home.blog.add(), who=None, author_name="Yorick")
    assert answer.state == PENDING
    home.filter.broken = False
    assert (await home.until_state(answer.id, VISIBLE)).decision == comment_pb2.DECISION_FILTER


async def test_a_hanging_blog_is_unavailable_soon(tmp_path: Path) -> None:
    async with village(tmp_path, AS_PROMISED) as home:
        home.blog.hang = True
        started = time.monotonic()
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await home.write(home.blog.add())
        assert reason_of(refused.value) == "UNAVAILABLE"
        assert time.monotonic() - started < 3


async def test_a_writer_waits_for_a_blog_that_is_too_slow_for_readers(tmp_path: Path) -> None:
    async with village(tmp_path, {"HAMLET_COMMENT_BLOG_TIMEOUT": "0.000001"}) as home:
        post_id = home.blog.add()
        for expected in (1, 2):
            assert (await home.write(post_id)).id
            assert len(await home.listed(post_id)) == expected, "readers rely on what blog told the writer"


async def test_unjudged_comments_are_shown_if_the_operator_says_so(tmp_path: Path) -> None:
    async with village(tmp_path) as home:
        post_id = home.blog.add()
        home.filter.broken = True
        answer = await home.write(post_id)
        assert await home.listed(post_id) == []
        assert [each.id for each in await home.listed(post_id, READER)] == [answer.id]
    async with village(tmp_path, {"HAMLET_COMMENT_UNJUDGED": "SHOW"}) as home:
        home.filter.broken = True
        other = home.blog.add()
        home.blog.posts[post_id] = home.blog.posts[other]
        async with asyncio.timeout(10):
            while not await home.listed(post_id):
                await asyncio.sleep(0.05)
        shown = await home.write(other)
        assert [each.id for each in await home.listed(other)] == [shown.id]
