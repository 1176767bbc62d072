"""Watches see every change once, across broken connections."""

import asyncio
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from hamlet.comment.v1 import comment_pb2
from hamlet.comment.v1 import comment_service_pb2 as contract
from hamlet.comment.v1 import moderation_service_pb2 as moderation

from mesh.status import error_of
from tests.integration.comment.village import OTHER, READER, Village, reason_of, request_id, village

APPEARED = contract.COMMENT_EVENT_TYPE_APPEARED
CHANGED = contract.COMMENT_EVENT_TYPE_CHANGED
DISAPPEARED = contract.COMMENT_EVENT_TYPE_DISAPPEARED


def _watch(home: Village, post_id: str, token: str = "") -> Any:
    request = contract.WatchCommentsRequest(post_id=post_id, resume_token=token)
    return home.comments().WatchComments(request)


async def _next_event(stream: Any) -> contract.WatchCommentsResponse:
    async with asyncio.timeout(10):
        while True:
            message = await stream.read()
            assert isinstance(message, contract.WatchCommentsResponse)
            if message.HasField("event"):
                return message


async def _drained(stream: Any) -> None:
    while await stream.read() is not grpc.aio.EOF:
        pass


async def test_a_watch_sees_comments_appear_change_and_disappear(home: Village) -> None:
    post_id = home.blog.add()
    stream = _watch(home, post_id)
    assert (await stream.read()).resume_token
    comment = await home.write(post_id)
    appeared = (await _next_event(stream)).event
    assert (appeared.type, appeared.comment.id, appeared.comment.text) == (APPEARED, comment.id, "Well said.")
    assert not appeared.comment.HasField("verdict")
    edit = contract.UpdateCommentRequest(
        comment=comment_pb2.Comment(id=comment.id, text="Better said."), update_mask=FieldMask(paths=["text"])
    )
    await home.comments(READER).UpdateComment(edit)
    changed = (await _next_event(stream)).event
    assert (changed.type, changed.comment.text) == (CHANGED, "Better said.")
    await home.comments(READER).DeleteComment(contract.DeleteCommentRequest(comment_id=comment.id))
    gone = (await _next_event(stream)).event
    assert (gone.type, gone.comment) == (DISAPPEARED, comment_pb2.Comment(id=comment.id))
    stream.cancel()


async def test_what_readers_do_not_see_is_no_event(home: Village) -> None:
    post_id = home.blog.add()
    stream = _watch(home, post_id)
    await stream.read()
    await home.write(post_id, "spam")
    held = await home.write(post_id, "unsure")
    shown = await home.write(post_id)
    assert (await _next_event(stream)).event.comment.id == shown.id
    await home.moderation().ApproveComment(moderation.ApproveCommentRequest(comment_id=held.id))
    assert (await _next_event(stream)).event.comment.id == held.id
    stream.cancel()


async def test_a_hidden_thread_disappears_and_appears_as_a_whole(home: Village) -> None:
    post_id = home.blog.add()
    top = await home.write(post_id)
    reply = await home.write(post_id, who=OTHER, parent_id=top.id)
    stream = _watch(home, post_id)
    await stream.read()
    await home.moderation().RejectComment(moderation.RejectCommentRequest(comment_id=top.id))
    gone = [(await _next_event(stream)).event for _ in range(2)]
    assert [(each.type, each.comment.id) for each in gone] == [(DISAPPEARED, top.id), (DISAPPEARED, reply.id)]
    await home.moderation().ApproveComment(moderation.ApproveCommentRequest(comment_id=top.id))
    back = [(await _next_event(stream)).event for _ in range(2)]
    assert [(each.type, each.comment.id) for each in back] == [(APPEARED, top.id), (APPEARED, reply.id)]
    stream.cancel()


async def test_a_broken_watch_goes_on_without_gap_or_duplicate(home: Village) -> None:
    post_id = home.blog.add()
    stream = _watch(home, post_id)
    token = (await stream.read()).resume_token

    async def write() -> list[str]:
        return [(await home.write(post_id, f"{number}")).id for number in range(20)]

    writing = asyncio.create_task(write())
    seen: list[str] = []
    while len(seen) < 20:
        message = await _next_event(stream)
        seen.append(message.event.comment.id)
        token = message.resume_token
        if len(seen) % 3 == 0:
            stream.cancel()
            stream = _watch(home, post_id, token)
    stream.cancel()
    assert seen == await writing


async def test_a_watch_is_never_quiet_for_long(tmp_path: Path) -> None:
    async with village(tmp_path, {"HAMLET_COMMENT_HEARTBEAT": "0.1"}) as home:
        stream = _watch(home, home.blog.add())
        async with asyncio.timeout(5):
            beats = [await stream.read() for _ in range(3)]
        assert not any(each.HasField("event") for each in beats)
        assert all(each.resume_token for each in beats)
        stream.cancel()


async def test_a_token_that_is_not_ours_or_of_another_post_is_refused(home: Village) -> None:
    post_id, elsewhere = home.blog.add(), home.blog.add()
    stream = _watch(home, elsewhere)
    foreign = (await stream.read()).resume_token
    stream.cancel()
    for token in (foreign, "mine", foreign + "A"):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await _watch(home, post_id, token).read()
        assert reason_of(refused.value) == "INVALID_RESUME_TOKEN"


async def test_a_token_whose_events_are_no_longer_kept_is_refused_with_the_cause(tmp_path: Path) -> None:
    async with village(
        tmp_path, {"HAMLET_COMMENT_EVENT_RETENTION": "0.001", "HAMLET_COMMENT_PURGE_EVERY": "0.05"}
    ) as home:
        post_id = home.blog.add()
        stream = _watch(home, post_id)
        token = (await stream.read()).resume_token
        stream.cancel()
        await home.write(post_id)
        async with asyncio.timeout(10):
            while (cause := await _refusal(home, post_id, token)) is None:
                await asyncio.sleep(0.05)
        assert cause == "expired"


async def _refusal(home: Village, post_id: str, token: str) -> str | None:
    stream = _watch(home, post_id, token)
    try:
        await stream.read()
    except grpc.aio.AioRpcError as error:
        refused = error_of(error)
        return refused.metadata["cause"] if refused else ""
    stream.cancel()
    return None


async def test_a_post_that_is_not_there_cannot_be_watched(home: Village) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await _watch(home, request_id()).read()
    assert reason_of(refused.value) == "POST_NOT_FOUND"


async def test_watches_are_bounded(tmp_path: Path) -> None:
    async with village(tmp_path, {"HAMLET_COMMENT_MAX_WATCHES": "1"}) as home:
        post_id = home.blog.add()
        stream = _watch(home, post_id)
        await stream.read()
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await _watch(home, post_id).read()
        assert reason_of(refused.value) == "OVERLOADED"
        stream.cancel()


async def test_a_drain_ends_a_watch_that_goes_on_elsewhere(tmp_path: Path) -> None:
    async with village(tmp_path) as home:
        post_id = home.blog.add()
        posts = dict(home.blog.posts)
        stream = _watch(home, post_id)
        token = (await stream.read()).resume_token
        shown = await home.write(post_id)
        await home.service.server.stop(drain_seconds=0, grace_seconds=5)
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await _drained(stream)
        assert ended.value.code() is grpc.StatusCode.UNAVAILABLE
    async with village(tmp_path) as home:
        home.blog.posts.update(posts)
        stream = _watch(home, post_id, token)
        assert (await _next_event(stream)).event.comment.id == shown.id
        stream.cancel()
