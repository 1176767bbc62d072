"""What is kept about a person can be had by them, and goes when they go."""

from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.json_format import MessageToDict
from hamlet.account.v1 import personal_data_service_pb2 as personal
from hamlet.comment.v1 import comment_pb2
from hamlet.comment.v1 import comment_service_pb2 as contract

from tests.integration.comment.village import OTHER, READER, Village, draft, reason_of, request_id, village

SECRET, EARLIER = "xylophone-of-elsinore", "kazoo-of-elsinore"
URL = "https://ophelia.example/brook"


async def _leave_traces(home: Village, post_id: str) -> str:
    """Ophelia writes, edits, is asked about twice and is answered; gives her comment's id."""
    request = contract.CreateCommentRequest(
        post_id=post_id, comment=draft(EARLIER, author_url=URL), request_id=request_id()
    )
    comment = await home.comments(READER).CreateComment(request)
    await home.write(post_id, "a reply", who=OTHER, parent_id=comment.id)
    home.filter.broken = True
    edit = contract.UpdateCommentRequest(
        comment=comment_pb2.Comment(id=comment.id, text=SECRET), update_mask=FieldMask(paths=["text"])
    )
    await home.comments(READER).UpdateComment(edit)
    home.filter.broken = False
    await home.until_state(comment.id, comment_pb2.COMMENT_STATE_VISIBLE)
    return comment.id


async def _erase(home: Village) -> int:
    request = personal.ErasePersonRequest(account_id=READER.account_id)
    return int((await home.personal_data().ErasePerson(request)).records)


async def test_nothing_of_an_erased_person_is_left_in_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "database"
    async with village(tmp_path, database=f"sqlite:///{folder / 'comment.db'}") as home:
        post_id = home.blog.add()
        comment_id = await _leave_traces(home, post_id)
        assert await _erase(home) == 2
        place, reply = await home.listed(post_id)
        assert (place.id, place.state, place.author_name) == (comment_id, comment_pb2.COMMENT_STATE_DELETED, "")
        assert reply.author_name == "Laertes"
        for file in folder.iterdir():
            content = file.read_bytes()
            for trace in (SECRET, EARLIER, URL, "Ophelia", READER.account_id):
                assert trace.encode() not in content, f"{trace} in {file.name}"
        assert await _erase(home) == 0


async def test_an_export_holds_comments_and_earlier_texts(home: Village) -> None:
    await _leave_traces(home, home.blog.add())
    stream: Any = home.personal_data().ExportPerson(personal.ExportPersonRequest(account_id=READER.account_id))
    records = [(each.kind, MessageToDict(each.record)) async for each in stream]
    assert [(kind, record["text"]) for kind, record in records] == [("comment", SECRET), ("revision", EARLIER)]
    assert records[0][1]["author_name"] == "Ophelia"
    assert records[0][1]["ip"]


async def test_personal_data_is_for_the_account_service_alone(home: Village) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await home.personal_data("edge").ErasePerson(personal.ErasePersonRequest(account_id=READER.account_id))
    assert reason_of(refused.value) == "WORKLOAD_NOT_ALLOWED"
