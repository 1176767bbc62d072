"""Native gRPC and gRPC-Web through the same port: unary, streams, deadlines, rich errors."""

import asyncio
import struct
from typing import Any

import grpc
import httpx
import pytest
from hamlet.account.v1.account_service_pb2 import ExportAccountRequest, ExportAccountResponse
from hamlet.account.v1.account_service_pb2_grpc import AccountServiceStub
from hamlet.blog.v1.post_pb2 import Post
from hamlet.blog.v1.post_reading_service_pb2 import GetPostRequest
from hamlet.blog.v1.post_reading_service_pb2_grpc import PostReadingServiceStub
from hamlet.error.v1.error_reason_pb2 import ErrorReason

from mesh.errors import HamletError
from mesh.status import error_of

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

POST_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
GET_POST = "/hamlet.blog.v1.PostReadingService/GetPost"
WEB = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1", "accept": "application/grpc-web+proto"}


def reading(channel: grpc.aio.Channel) -> Any:
    return PostReadingServiceStub(channel)


async def test_a_unary_call_comes_through(channel: grpc.aio.Channel, stage: Any) -> None:
    stage.answers["GetPost"] = Post(title="Elsinore")
    assert (await reading(channel).GetPost(GetPostRequest(post_id=POST_ID))).title == "Elsinore"


async def test_a_server_stream_comes_through(channel: grpc.aio.Channel, stage: Any, keys: Any) -> None:
    stage.answers["ExportAccount"] = [ExportAccountResponse(kind=kind) for kind in ("account", "post")]
    stub: Any = AccountServiceStub(channel)
    call = stub.ExportAccount(ExportAccountRequest(account_id="me"), metadata=tuple(keys.bearer().items()))
    assert [each.kind async for each in call] == ["account", "post"]


@pytest.mark.parametrize(("asked", "given"), [(None, 2.0), (60.0, 2.0), (1.0, 1.0)])
async def test_a_deadline_is_the_callers_but_no_longer_than_the_contracts(
    channel: grpc.aio.Channel, stage: Any, asked: float | None, given: float
) -> None:
    await reading(channel).GetPost(GetPostRequest(post_id=POST_ID), timeout=asked)
    assert given - 0.5 < stage.only_call().time_remaining <= given + 0.1


async def test_a_call_beyond_its_deadline_is_deadline_exceeded_which_nobody_retries(
    channel: grpc.aio.Channel, stage: Any
) -> None:
    async def hang(request: Any, context: Any) -> Any:
        await asyncio.Event().wait()

    stage.answers["GetPost"] = hang
    with pytest.raises(grpc.aio.AioRpcError) as late:
        await reading(channel).GetPost(GetPostRequest(post_id=POST_ID))
    assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_a_services_error_keeps_its_reason(channel: grpc.aio.Channel, stage: Any) -> None:
    stage.answers["GetPost"] = HamletError(ErrorReason.ERROR_REASON_POST_NOT_FOUND)
    with pytest.raises(grpc.aio.AioRpcError) as missing:
        await reading(channel).GetPost(GetPostRequest(post_id=POST_ID))
    failed: Any = missing.value
    error = error_of(failed)
    assert error is not None
    assert error.reason == ErrorReason.ERROR_REASON_POST_NOT_FOUND


async def test_envoys_own_error_has_a_reason_and_no_json_in_its_text(channel: grpc.aio.Channel, stage: Any) -> None:
    call: Any = channel.unary_unary("/hamlet.blog.v1.PostService/DeletePost")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call(b"", timeout=5)
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
    assert refused.value.details() == "Sign in first."
    failed: Any = refused.value
    error = error_of(failed)
    assert error is not None
    assert error.reason == ErrorReason.ERROR_REASON_UNAUTHENTICATED


async def test_grpc_web_answers_with_a_message_and_trailers(rest: httpx.AsyncClient, stage: Any) -> None:
    stage.answers["GetPost"] = Post(title="Elsinore")
    message = GetPostRequest(post_id=POST_ID).SerializeToString()
    answer = await rest.post(GET_POST, content=struct.pack(">BI", 0, len(message)) + message, headers=WEB)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/grpc-web+proto"
    flag, length = struct.unpack(">BI", answer.content[:5])
    assert flag == 0
    assert Post.FromString(answer.content[5 : 5 + length]).title == "Elsinore"
    trailers = answer.content[5 + length :]
    assert trailers[0] == 0x80
    assert b"grpc-status:0" in trailers


async def test_grpc_web_gets_errors_with_details(rest: httpx.AsyncClient, stage: Any) -> None:
    stage.answers["GetPost"] = HamletError(ErrorReason.ERROR_REASON_POST_NOT_FOUND)
    message = GetPostRequest(post_id=POST_ID).SerializeToString()
    answer = await rest.post(GET_POST, content=struct.pack(">BI", 0, len(message)) + message, headers=WEB)
    assert answer.headers["grpc-status"] == "5"
    assert answer.headers["grpc-status-details-bin"]


async def test_grpc_web_without_a_token_where_one_is_needed_is_unauthenticated(
    rest: httpx.AsyncClient, stage: Any
) -> None:
    answer = await rest.post("/hamlet.spam.v1.SpamService/ListModels", content=b"\0\0\0\0\0", headers=WEB)
    assert answer.headers["grpc-status"] == "16"
    assert not stage.seen
