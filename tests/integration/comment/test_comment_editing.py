"""What authors do with their comments afterwards, and what moderators decide."""

from pathlib import Path

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from hamlet.comment.v1 import comment_pb2
from hamlet.comment.v1 import comment_service_pb2 as contract
from hamlet.comment.v1 import moderation_service_pb2 as moderation

from mesh.call import Principal
from tests.integration.comment.village import MODERATOR, OTHER, READER, Village, reason_of, request_id, village

VISIBLE, HELD = comment_pb2.COMMENT_STATE_VISIBLE, comment_pb2.COMMENT_STATE_HELD
PENDING, REJECTED = comment_pb2.COMMENT_STATE_PENDING, comment_pb2.COMMENT_STATE_REJECTED


async def _edit(
    home: Village, comment_id: str, text: str, *mask: str, who: Principal = READER, etag: str = ""
) -> comment_pb2.Comment:
    changed = comment_pb2.Comment(id=comment_id, text=text, etag=etag)
    request = contract.UpdateCommentRequest(comment=changed, update_mask=FieldMask(paths=mask))
    return await home.comments(who).UpdateComment(request)


async def test_an_edit_keeps_what_was_and_is_judged_anew(home: Village) -> None:
    first = await home.write(home.blog.add(), "first")
    second = await _edit(home, first.id, "unsure", etag=first.etag)
    assert (second.text, second.revision, second.state) == ("unsure", 2, HELD)
    assert second.etag != first.etag
    third = await _edit(home, first.id, "third", "text")
    assert (third.revision, third.state) == (3, VISIBLE)
    request = contract.ListCommentRevisionsRequest(comment_id=first.id)
    for who in (READER, MODERATOR):
        earlier = (await home.comments(who).ListCommentRevisions(request)).revisions
        assert [(each.revision, each.text) for each in earlier] == [(2, "unsure"), (1, "first")]
        assert earlier[1].create_time == first.create_time
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await home.comments(OTHER).ListCommentRevisions(request)
    assert reason_of(refused.value) == "NOT_OWNER"


async def test_an_edit_while_the_filter_is_away_waits_for_it(home: Village) -> None:
    comment = await home.write(home.blog.add())
    home.filter.broken = True
    assert (await _edit(home, comment.id, "unsure")).state == PENDING
    home.filter.broken = False
    assert (await home.until_state(comment.id, HELD)).revision == 2


async def test_an_approval_does_not_outlive_an_edit_and_a_rejection_does(home: Village) -> None:
    post_id = home.blog.add()
    approved, rejected = await home.write(post_id, "unsure"), await home.write(post_id)
    stub = home.moderation()
    await stub.ApproveComment(moderation.ApproveCommentRequest(comment_id=approved.id))
    await stub.RejectComment(moderation.RejectCommentRequest(comment_id=rejected.id))
    assert (await _edit(home, approved.id, "spam after all")).state == REJECTED
    edited = await _edit(home, rejected.id, "harmless")
    assert (edited.state, edited.decision) == (REJECTED, comment_pb2.DECISION_MODERATOR)


@pytest.mark.parametrize("path", ["*", "id", "state", "author_name", "nonsense"])
async def test_only_the_text_can_be_changed(home: Village, path: str) -> None:
    comment = await home.write(home.blog.add())
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await _edit(home, comment.id, "b", path)
    assert reason_of(refused.value) == "INVALID_UPDATE_MASK"


async def test_a_text_cannot_be_emptied(home: Village) -> None:
    comment = await home.write(home.blog.add())
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await _edit(home, comment.id, "", "text")
    assert reason_of(refused.value) == "INVALID_REQUEST"


async def test_an_edit_of_what_has_changed_is_refused(home: Village) -> None:
    comment = await home.write(home.blog.add())
    await _edit(home, comment.id, "b")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await _edit(home, comment.id, "c", etag=comment.etag)
    assert reason_of(refused.value) == "ETAG_MISMATCH"


async def test_only_the_author_edits_and_strangers_do_not_learn_of_what_they_cannot_see(home: Village) -> None:
    post_id = home.blog.add()
    shown, held = await home.write(post_id), await home.write(post_id, "unsure")
    for who, comment_id, reason in (
        (OTHER, shown.id, "NOT_OWNER"),
        (MODERATOR, shown.id, "NOT_OWNER"),
        (OTHER, held.id, "COMMENT_NOT_FOUND"),
        (READER, request_id(), "COMMENT_NOT_FOUND"),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await _edit(home, comment_id, "b", who=who)
        assert reason_of(refused.value) == reason


async def test_the_edit_window_closes(tmp_path: Path) -> None:
    async with village(tmp_path, {"HAMLET_COMMENT_EDIT_WINDOW": "0"}) as home:
        comment = await home.write(home.blog.add())
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await _edit(home, comment.id, "b")
        assert reason_of(refused.value) == "EDIT_WINDOW_CLOSED"


async def test_deleting_is_for_the_author_and_moderators_and_may_be_repeated(home: Village) -> None:
    post_id = home.blog.add()
    mine, theirs = await home.write(post_id), await home.write(post_id, who=OTHER)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await home.comments(READER).DeleteComment(contract.DeleteCommentRequest(comment_id=theirs.id))
    assert reason_of(refused.value) == "NOT_OWNER"
    for who, comment_id in ((READER, mine.id), (READER, mine.id), (MODERATOR, theirs.id), (MODERATOR, theirs.id)):
        await home.comments(who).DeleteComment(contract.DeleteCommentRequest(comment_id=comment_id))
    assert await home.listed(post_id) == []
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await _edit(home, mine.id, "b")
    assert reason_of(refused.value) == "COMMENT_NOT_FOUND"


async def test_moderators_find_what_waits_the_oldest_first(home: Village) -> None:
    post_id, elsewhere = home.blog.add(), home.blog.add()
    held = await home.write(post_id, "unsure")
    await home.write(post_id)
    await home.write(post_id, "spam")
    home.filter.broken = True
    pending = await home.write(elsewhere, who=None, author_name="Yorick", author_email="yorick@grave.example")
    stub = home.moderation()
    first = await stub.ListHeldComments(moderation.ListHeldCommentsRequest(page_size=1))
    second = await stub.ListHeldComments(
        moderation.ListHeldCommentsRequest(page_size=1, page_token=first.next_page_token)
    )
    assert [each.id for each in (*first.comments, *second.comments)] == [held.id, pending.id]
    assert second.comments[0].author_email == "yorick@grave.example"
    assert second.next_page_token == ""
    of_post = await stub.ListHeldComments(moderation.ListHeldCommentsRequest(post_id=elsewhere))
    assert [each.id for each in of_post.comments] == [pending.id]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub.ListHeldComments(moderation.ListHeldCommentsRequest(page_token="mine"))
    assert reason_of(refused.value) == "INVALID_PAGE_TOKEN"


async def test_what_a_person_decided_no_verdict_overwrites(home: Village) -> None:
    home.filter.broken = True
    comment = await home.write(home.blog.add(), "spam")
    home.filter.broken = False
    home.filter.working.clear()
    home.filter.asked.clear()
    await home.filter.asked.wait()
    stub = home.moderation()
    approved = await stub.ApproveComment(moderation.ApproveCommentRequest(comment_id=comment.id))
    assert (approved.state, approved.decision) == (VISIBLE, comment_pb2.DECISION_MODERATOR)
    home.filter.working.set()
    assert await stub.ApproveComment(moderation.ApproveCommentRequest(comment_id=comment.id)) == approved


async def test_moderation_is_for_moderators_and_for_comments_that_exist(home: Village) -> None:
    comment = await home.write(home.blog.add())
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await home.moderation(READER).ApproveComment(moderation.ApproveCommentRequest(comment_id=comment.id))
    assert reason_of(refused.value) == "ROLE_REQUIRED"
    for missing in (request_id(), comment.id):
        await home.comments(READER).DeleteComment(contract.DeleteCommentRequest(comment_id=comment.id))
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await home.moderation().RejectComment(moderation.RejectCommentRequest(comment_id=missing))
        assert reason_of(refused.value) == "COMMENT_NOT_FOUND"


async def test_decisions_and_deletion_can_depend_on_what_was_seen(home: Village) -> None:
    comment = await home.write(home.blog.add())
    stub, stale = home.moderation(), {"comment_id": comment.id, "etag": '"stale"'}
    for attempt in (
        stub.ApproveComment(moderation.ApproveCommentRequest(**stale)),
        stub.RejectComment(moderation.RejectCommentRequest(**stale)),
        home.comments(READER).DeleteComment(contract.DeleteCommentRequest(**stale)),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await attempt
        assert reason_of(refused.value) == "ETAG_MISMATCH"
    seen = {"comment_id": comment.id, "etag": comment.etag}
    approved = await stub.ApproveComment(moderation.ApproveCommentRequest(**seen))
    deletion = contract.DeleteCommentRequest(comment_id=comment.id, etag=approved.etag)
    await home.comments(READER).DeleteComment(deletion)
    await home.comments(READER).DeleteComment(deletion)
