"""What readers see of a discussion."""

from pathlib import Path

import grpc
import pytest
from hamlet.comment.v1 import comment_pb2
from hamlet.comment.v1 import comment_service_pb2 as contract
from hamlet.comment.v1.moderation_service_pb2 import ApproveCommentRequest, RejectCommentRequest

from tests.integration.comment.village import MODERATOR, OTHER, READER, Village, reason_of, request_id, village

DELETED = comment_pb2.COMMENT_STATE_DELETED


async def test_comments_come_in_thread_order(home: Village) -> None:
    post_id = home.blog.add()
    first = await home.write(post_id, "1")
    second = await home.write(post_id, "2")
    reply = await home.write(post_id, "1.1", parent_id=first.id)
    deeper = await home.write(post_id, "1.1.1", parent_id=reply.id)
    late = await home.write(post_id, "1.2", parent_id=first.id)
    ids = [each.id for each in await home.listed(post_id)]
    assert ids == [first.id, reply.id, deeper.id, late.id, second.id]


async def test_pages_together_are_the_whole_list(home: Village) -> None:
    post_id, stub = home.blog.add(), home.comments()
    written = [(await home.write(post_id, f"{number}")).id for number in range(5)]
    found, token = [], ""
    while True:
        request = contract.ListCommentsRequest(post_id=post_id, page_size=2, page_token=token)
        page = await stub.ListComments(request)
        found += [each.id for each in page.comments]
        token = page.next_page_token
        if not token:
            break
    assert found == written


async def test_a_page_token_of_somebody_else_is_refused(home: Village) -> None:
    post_id = home.blog.add()
    for number in range(3):
        await home.write(post_id, f"{number}")
    request = contract.ListCommentsRequest(post_id=post_id, page_size=1)
    page = await home.comments(READER).ListComments(request)
    request.page_token = page.next_page_token
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await home.comments().ListComments(request)
    assert reason_of(refused.value) == "INVALID_PAGE_TOKEN"


async def test_the_comments_of_a_post_that_is_not_there_are_not_listed(home: Village) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await home.listed(request_id())
    assert reason_of(refused.value) == "POST_NOT_FOUND"


async def test_who_kept_its_id_reads_a_comment_no_longer_than_the_post_above_it(tmp_path: Path) -> None:
    async with village(tmp_path, {"HAMLET_COMMENT_POST_FRESH": "0"}) as home:
        post_id = home.blog.add()
        comment = await home.write(post_id)
        request = contract.GetCommentRequest(comment_id=comment.id)
        assert (await home.comments().GetComment(request)).id == comment.id
        del home.blog.posts[post_id]
        for who in (None, OTHER):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await home.comments(who).GetComment(request)
            assert reason_of(refused.value) == "COMMENT_NOT_FOUND"
        for who in (READER, MODERATOR):
            assert (await home.comments(who).GetComment(request)).id == comment.id


async def test_only_its_author_and_moderators_see_what_is_held(home: Village) -> None:
    post_id = home.blog.add()
    held = await home.write(post_id, "unsure")
    for who, seen in ((None, False), (OTHER, False), (READER, True), (MODERATOR, True)):
        assert bool(await home.listed(post_id, who)) is seen
    request = contract.GetCommentRequest(comment_id=held.id)
    assert (await home.comments(READER).GetComment(request)).HasField("verdict")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await home.comments(OTHER).GetComment(request)
    assert reason_of(refused.value) == "COMMENT_NOT_FOUND"


async def test_what_hides_a_comment_hides_its_replies(home: Village) -> None:
    post_id = home.blog.add()
    top = await home.write(post_id)
    reply = await home.write(post_id, who=OTHER, parent_id=top.id)
    moderation = home.moderation()
    await moderation.RejectComment(RejectCommentRequest(comment_id=top.id))
    assert await home.listed(post_id) == []
    await moderation.ApproveComment(ApproveCommentRequest(comment_id=top.id))
    assert [each.id for each in await home.listed(post_id)] == [top.id, reply.id]


async def test_a_deleted_comment_keeps_its_place_while_it_has_a_visible_reply(home: Village) -> None:
    post_id = home.blog.add()
    top = await home.write(post_id, "what I regret")
    middle = await home.write(post_id, parent_id=top.id)
    reply = await home.write(post_id, who=OTHER, parent_id=middle.id)
    for each in (top, middle):
        await home.comments(READER).DeleteComment(contract.DeleteCommentRequest(comment_id=each.id))
    for who in (None, OTHER, READER, MODERATOR):
        place, _other, whole = await home.listed(post_id, who)
        assert (place.id, place.state, place.text, place.author_name, place.author_id) == (top.id, DELETED, "", "", "")
        assert whole.id == reply.id
    await home.comments(OTHER).DeleteComment(contract.DeleteCommentRequest(comment_id=reply.id))
    assert await home.listed(post_id) == []


async def test_nobody_replies_to_a_deleted_comment(home: Village) -> None:
    post_id = home.blog.add()
    top = await home.write(post_id)
    await home.comments(READER).DeleteComment(contract.DeleteCommentRequest(comment_id=top.id))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await home.write(post_id, parent_id=top.id)
    assert reason_of(refused.value) == "PARENT_NOT_FOUND"


async def test_readers_go_on_reading_while_blog_is_away(home: Village) -> None:
    post_id = home.blog.add()
    await home.write(post_id)
    home.blog.hang = True
    assert len(await home.listed(post_id)) == 1
