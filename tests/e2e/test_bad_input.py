"""Whatever a stranger sends to any RPC, the answer is the right status with a reason, and nothing is written."""

import contextlib
import http.client
import json
from typing import Any

import grpc
import pytest
from hamlet.error.v1.error_reason_pb2 import ErrorReason

from mesh.policy import Access, Role
from services.cli.rest import call
from tests.e2e.contract_walk import NOBODY, Reachable, reachable
from tests.e2e.running import Village

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("village"), pytest.mark.timeout(300)]

OVER_REST = [each for each in reachable() if not each.method.long_lived]
WITH_BODY = [each for each in OVER_REST if each.has_body and each.fields]
NEEDS_PERSON = [each for each in OVER_REST if each.method.access not in {Access.ACCESS_PUBLIC}]
PASSWORD = "nothing is but what"
REASONS = {name.removeprefix("ERROR_REASON_") for name in ErrorReason.keys()}  # noqa: SIM118 - no mapping

by_id: Any = {"ids": lambda each: each.id}


@pytest.fixture(scope="module")
def tokens(village: Village) -> dict[str, str]:
    """An administrator, and a reader who owns nothing."""
    reader = {"username": "bad-input-reader", "email": "reader@example.com", "password": PASSWORD}
    call(village.url, "/v1/accounts", reader)
    return {
        "admin": village.sign_in("admin", village.password_of_admin()),
        "reader": village.sign_in("bad-input-reader", PASSWORD),
    }


@pytest.fixture(autouse=True)
def nothing_is_written(village: Village, tokens: dict[str, str]) -> Any:
    before = _everything(village, tokens["admin"])
    yield
    assert _everything(village, tokens["admin"]) == before


def _everything(village: Village, admin: str) -> list[Any]:
    paths = ("/v1/posts", "/v1/posts?state=POST_STATE_DRAFT", "/v1/comments:held", "/v1/accounts")
    return [call(village.url, path, token=admin).body for path in paths]


def send(village: Village, each: Reachable, body: bytes | None, token: str = "") -> tuple[int, Any]:
    """The status and the decoded body of the answer, which may come before the request was sent whole."""
    connection = http.client.HTTPConnection("127.0.0.1", village.layout.edge, timeout=20)
    headers = {"content-type": "application/json"} if each.has_body else {}
    if token:
        headers["authorization"] = f"Bearer {token}"
    try:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.request(each.verb, each.path, body if each.has_body else None, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")
    finally:
        connection.close()


def refused(answer: tuple[int, Any], *statuses: int) -> str:
    """Checks the one error shape and returns the reason."""
    status, body = answer
    assert status in statuses, answer
    infos = [detail for detail in body["details"] if detail["@type"].endswith("google.rpc.ErrorInfo")]
    assert len(infos) == 1, body
    assert infos[0]["domain"] == "hamlet"
    assert infos[0]["reason"] in REASONS
    assert isinstance(body["code"], int)
    assert body["message"]
    return str(infos[0]["reason"])


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"text"',
        b'{"a":' * 200 + b"1" + b"}" * 200,
        b'{"\xff\xfe": 1}',
        b'{"\\ud800": "\\udc00\\ud800"}',
        b"",
    ],
    ids=["cut short", "a list", "a string", "nested deeply", "not UTF-8", "lone surrogates", "empty"],
)
@pytest.mark.parametrize("each", WITH_BODY, **by_id)
def test_malformed_json(village: Village, tokens: dict[str, str], each: Reachable, body: bytes) -> None:
    refused(send(village, each, body, tokens["admin"]), 400, 404, 401, 429)


@pytest.mark.parametrize("each", WITH_BODY, **by_id)
def test_a_body_of_five_megabytes(village: Village, tokens: dict[str, str], each: Reachable) -> None:
    body = json.dumps({"password": "a" * 5_000_000}).encode()
    refused(send(village, each, body, tokens["admin"]), 400, 404, 413, 429)


@pytest.mark.parametrize("each", [each for each in OVER_REST if each.fields], **by_id)
def test_wrong_types_in_every_field(village: Village, tokens: dict[str, str], each: Reachable) -> None:
    if not each.has_body:
        path = f"{each.path}{'&' if '?' in each.path else '?'}pageSize=many"
        each = Reachable(each.method, each.verb, path, has_body=False)
    fields = {name: [{"wrong": True}] for name in each.fields}
    refused(send(village, each, json.dumps(fields).encode(), tokens["admin"]), 400, 404)


@pytest.mark.parametrize("each", NEEDS_PERSON, **by_id)
def test_nobody_is_signed_in(village: Village, each: Reachable) -> None:
    assert refused(send(village, each, b"{}"), 401) in {"UNAUTHENTICATED", "INVALID_TOKEN"}


@pytest.mark.parametrize("each", OVER_REST, **by_id)
def test_a_token_that_is_none(village: Village, each: Reachable) -> None:
    assert refused(send(village, each, b"{}", "eyJhbGciOiJub25lIn0.e30."), 401) == "INVALID_TOKEN"


@pytest.mark.parametrize(
    "each",
    [each for each in OVER_REST if each.method.access == Access.ACCESS_ROLE and each.method.role > Role.ROLE_READER],
    **by_id,
)
def test_a_role_that_is_too_low(village: Village, tokens: dict[str, str], each: Reachable) -> None:
    assert refused(send(village, each, b"{}", tokens["reader"]), 403) == "ROLE_REQUIRED"


@pytest.mark.parametrize("each", [each for each in OVER_REST if NOBODY in each.path], **by_id)
def test_something_that_does_not_exist(village: Village, tokens: dict[str, str], each: Reachable) -> None:
    reason = refused(send(village, each, b"{}", tokens["admin"]), 400, 404)
    assert reason.endswith("NOT_FOUND") or reason.startswith(("INVALID_", "MALFORMED"))


@pytest.mark.parametrize("each", reachable(), **by_id)
@pytest.mark.parametrize(
    "data", [b"\xff\xff\xff", b"\x0a\x05ab", b"\x0b" * 5_000], ids=["garbage", "truncated", "nested deeply"]
)
def test_bytes_that_are_no_message_over_grpc(
    village: Village, tokens: dict[str, str], each: Reachable, data: bytes
) -> None:
    with (
        grpc.insecure_channel(f"127.0.0.1:{village.layout.grpc_door}") as channel,
        pytest.raises(grpc.RpcError) as caught,
    ):
        _send_bytes(channel, each, data, tokens["admin"])
    error: Any = caught.value
    assert error.code() in {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED}, error


def _send_bytes(channel: grpc.Channel, each: Reachable, data: bytes, token: str) -> None:
    assert each.method.descriptor is not None
    streams_in, streams_out = each.method.descriptor.client_streaming, each.method.descriptor.server_streaming
    make: Any = {
        (False, False): channel.unary_unary,
        (False, True): channel.unary_stream,
        (True, True): channel.stream_stream,
    }[streams_in, streams_out]
    rpc = make(each.method.path, request_serializer=None, response_deserializer=None)
    answers = rpc(iter([data]) if streams_in else data, timeout=10, metadata=[("authorization", f"Bearer {token}")])
    for _ in answers if streams_out else ():
        pass
