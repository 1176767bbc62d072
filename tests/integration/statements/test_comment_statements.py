"""How many statements each RPC of comments takes: as many for a long thread as for a single comment."""

from pathlib import Path
from typing import Any

import pytest
from hamlet.account.v1 import personal_data_service_pb2 as people
from hamlet.comment.v1 import comment_pb2
from hamlet.comment.v1 import comment_service_pb2 as contract
from hamlet.comment.v1 import moderation_service_pb2 as moderation

from tests.integration.comment.village import READER, Village, request_id, village
from tests.integration.statements.counting import counted, names_of

pytestmark = pytest.mark.slow
MANY = 7
UNHURRIED = {
    "HAMLET_COMMENT_FILTER_TIMEOUT": "4",
    "HAMLET_COMMENT_ACCEPT_WITHIN": "4.5",
    "HAMLET_COMMENT_RELAY_AFTER": "60",
}
"""A filter that a busy machine makes late would leave the comment to the relay, which takes other statements."""
EXPECTED = {
    "CreateComment": 18,
    "UpdateComment": 9,
    "GetComment": 1,
    "ListComments": 1,
    "ListCommentRevisions": 2,
    "ListHeldComments": 1,
    "WatchComments": 2,
    "RejectComment": 10,
    "ApproveComment": 10,
    "ExportPerson": 4,
    "DeleteComment": 10,
    "ErasePerson": 9,
}
FOR_EACH_ERASED = 7
"""Each comment that goes changes what readers see around it, so that erasing is work for each, in batches."""


async def walk(folder: Path, size: int) -> dict[str, int]:
    """Calls every RPC of a thread with `size` comments, each with as many revisions."""
    folder.mkdir()
    async with village(folder, UNHURRIED) as home:
        post_id = home.blog.add()
        with counted() as statements:
            beginning = await _until_event(home, post_id)
            for _ in range(size):
                comment = await _write(home, post_id)
                for number in range(size):
                    await _edit(home, comment.id, f"well said {number}")
            last = contract.GetCommentRequest(comment_id=comment.id)
            await home.comments().GetComment(last)
            assert len(await home.listed(post_id)) == size
            await home.comments(READER).ListCommentRevisions(
                contract.ListCommentRevisionsRequest(comment_id=comment.id)
            )
            await home.moderation().ListHeldComments(moderation.ListHeldCommentsRequest())
            await _until_event(home, post_id, beginning)
            await home.moderation().RejectComment(moderation.RejectCommentRequest(comment_id=comment.id))
            await home.moderation().ApproveComment(moderation.ApproveCommentRequest(comment_id=comment.id))
            data = home.personal_data()
            exported: Any = data.ExportPerson(people.ExportPersonRequest(account_id=READER.account_id))
            assert len([record async for record in exported]) == size * (size + 1)
            await home.comments(READER).DeleteComment(contract.DeleteCommentRequest(comment_id=comment.id))
            await data.ErasePerson(people.ErasePersonRequest(account_id=READER.account_id))
    # A watch goes on asking, and always the same.
    return {**statements.of_last(), "WatchComments": len(set(statements.of("WatchComments")))}


async def _write(home: Village, post_id: str) -> comment_pb2.Comment:
    comment = comment_pb2.Comment(text="Well said.")
    request = contract.CreateCommentRequest(post_id=post_id, comment=comment, request_id=request_id())
    return await home.comments(READER).CreateComment(request)


async def _edit(home: Village, comment_id: str, text: str) -> None:
    changed = comment_pb2.Comment(id=comment_id, text=text)
    await home.comments(READER).UpdateComment(contract.UpdateCommentRequest(comment=changed))


async def _until_event(home: Village, post_id: str, token: str = "") -> str:
    """Watches until something has happened since `token`, without one until the first message; returns its token."""
    request = contract.WatchCommentsRequest(post_id=post_id, resume_token=token)
    watch: Any = home.comments().WatchComments(request)
    async for message in watch:
        if not token or message.HasField("event"):
            break
    watch.cancel()
    return str(message.resume_token)


async def test_no_rpc_asks_more_of_a_long_thread(tmp_path: Path) -> None:
    services = [contract, moderation]
    every = names_of(*(each for module in services for each in module.DESCRIPTOR.services_by_name.values()))
    assert set(EXPECTED) == every | names_of(*people.DESCRIPTOR.services_by_name.values())
    one, many = await walk(tmp_path / "one", 1), await walk(tmp_path / "many", MANY)
    assert one == EXPECTED
    assert many == {**EXPECTED, "ErasePerson": EXPECTED["ErasePerson"] + FOR_EACH_ERASED * (MANY - 1)}
