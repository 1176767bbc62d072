"""What the contract keeps inside cannot be reached from outside, by REST, gRPC or gRPC-Web."""

from typing import Any

import grpc
import httpx
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

INTERNAL = [
    "/hamlet.account.v1.PersonalDataService/ErasePerson",
    "/hamlet.account.v1.PersonalDataService/ExportPerson",
    "/hamlet.account.v1.AccountAdminService/CreateAdmin",
    "/hamlet.spam.v1.SpamService/ClassifyStream",
    "/grpc.health.v1.Health/Check",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.channelz.v1.Channelz/GetServers",
    "/hamlet.blog.v1.PostReadingService/Unknown",
]


@pytest.mark.parametrize("path", INTERNAL)
async def test_native_grpc_is_told_that_there_is_no_such_method(
    channel: grpc.aio.Channel, stage: Any, keys: Any, path: str
) -> None:
    call: Any = channel.unary_unary(path)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call(b"", timeout=5, metadata=tuple(keys.bearer().items()))
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert refused.value.details() == "There is no such method."
    assert not stage.seen


@pytest.mark.parametrize(
    ("content_type", "body"),
    [("application/grpc-web+proto", b"\0\0\0\0\0"), ("application/grpc-web-text", b"AAAAAAA=")],
)
@pytest.mark.parametrize("path", INTERNAL)
async def test_grpc_web_is_told_that_there_is_no_such_method(
    rest: httpx.AsyncClient, stage: Any, keys: Any, path: str, content_type: str, body: bytes
) -> None:
    headers = {**keys.bearer(), "content-type": content_type, "x-grpc-web": "1"}
    answer = await rest.post(path, content=body, headers=headers)
    assert answer.headers["grpc-status"] == "12"
    assert not stage.seen


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", INTERNAL)
async def test_rest_finds_nothing_there(rest: httpx.AsyncClient, stage: Any, keys: Any, path: str, method: str) -> None:
    answer = await rest.request(method, path, headers={**keys.bearer(), "content-type": "application/json"})
    assert answer.status_code == 404
    assert not stage.seen
