"""Every error has one shape, google.rpc.Status with an ErrorInfo, whoever made it: a service, the transcoder, Envoy."""

import asyncio
from typing import Any

import httpx
import pytest
from hamlet.error.v1.error_reason_pb2 import ErrorReason

from mesh.edge import EdgeSettings, Upstream, Village
from mesh.errors import HamletError, Violation
from mesh.testing.envoy import RunningEdge, running_edge

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

POST_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
JSON = {"content-type": "application/json"}
GET_POST = f"/v1/posts/{POST_ID}"


def assert_error(answer: httpx.Response, status: int, code: int, reason: str) -> dict[str, Any]:
    """Asserts the one shape. Returns the details by type."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    body = answer.json()
    assert set(body) == {"code", "message", "details"}
    assert body["code"] == code
    assert body["message"]
    assert "{" not in body["message"]
    details = {detail["@type"].rsplit(".", 1)[1]: detail for detail in body["details"]}
    assert details["ErrorInfo"]["reason"] == reason
    assert details["ErrorInfo"]["domain"] == "hamlet"
    assert f"ERROR_REASON_{reason}" in ErrorReason.DESCRIPTOR.values_by_name
    return details


async def test_an_error_info_of_a_service_comes_out_with_its_metadata(rest: httpx.AsyncClient, stage: Any) -> None:
    stage.answers["GetPost"] = HamletError(ErrorReason.ERROR_REASON_POST_STATE_CONFLICT, metadata={"state": "DRAFT"})
    details = assert_error(await rest.get(GET_POST), 400, 9, "POST_STATE_CONFLICT")
    assert details["ErrorInfo"]["metadata"] == {"state": "DRAFT"}


async def test_a_bad_request_of_a_service_comes_out_with_its_fields(rest: httpx.AsyncClient, stage: Any) -> None:
    stage.answers["GetPost"] = HamletError(
        ErrorReason.ERROR_REASON_INVALID_REQUEST, violations=[Violation("post.title", "is too long", "STRING_MAX_LEN")]
    )
    details = assert_error(await rest.get(GET_POST), 400, 3, "INVALID_REQUEST")
    (violation,) = details["BadRequest"]["fieldViolations"]
    assert (violation["field"], violation["reason"]) == ("post.title", "STRING_MAX_LEN")


async def test_a_retry_info_of_a_service_comes_out_with_its_delay(rest: httpx.AsyncClient, stage: Any) -> None:
    stage.answers["GetPost"] = HamletError(ErrorReason.ERROR_REASON_RATE_LIMITED, retry_after=1.5)
    details = assert_error(await rest.get(GET_POST), 429, 8, "RATE_LIMITED")
    assert details["RetryInfo"]["retryDelay"] == "1.500s"


async def test_an_exception_of_a_service_shows_an_error_id_and_no_text(rest: httpx.AsyncClient, stage: Any) -> None:
    async def fail(request: Any, context: Any) -> Any:
        raise ValueError("secret")

    stage.answers["GetPost"] = fail
    answer = await rest.get(GET_POST)
    assert assert_error(answer, 500, 13, "INTERNAL")["ErrorInfo"]["metadata"]["error_id"]
    assert "secret" not in answer.text


async def test_an_error_before_a_streams_first_message_is_an_ordinary_one(rest: httpx.AsyncClient, stage: Any) -> None:
    stage.answers["WatchComments"] = HamletError(ErrorReason.ERROR_REASON_POST_NOT_FOUND)
    assert_error(await rest.get(f"{GET_POST}/comments:watch"), 404, 5, "POST_NOT_FOUND")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT"])
async def test_an_unknown_path_is_not_found(rest: httpx.AsyncClient, method: str) -> None:
    assert_error(await rest.request(method, "/v1/nothing", headers=JSON), 404, 5, "PATH_NOT_FOUND")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"login": "hunter2', id="truncated"),
        pytest.param(b'{"login": {"hunter2": 1}}', id="wrong type"),
        pytest.param(b'{"login": "\xff\xfehunter2"}', id="bad UTF-8"),
        pytest.param(b'{"login": "\\ud800 hunter2"}', id="lone surrogate"),
        pytest.param(b'{"hunter2":' * 60_000, id="deep"),
        pytest.param(b'{"login": "a"} hunter2', id="trailing"),
        pytest.param(b"[1, 2]", id="array"),
    ],
)
async def test_a_body_that_cannot_be_decoded_is_malformed_and_not_quoted(
    rest: httpx.AsyncClient, stage: Any, body: bytes
) -> None:
    answer = await rest.post("/v1/sessions", content=body, headers=JSON)
    reason = "INVALID_REQUEST" if not body else "MALFORMED_REQUEST"
    assert_error(answer, 400, 3, reason)
    assert "hunter2" not in answer.text
    assert not stage.seen


async def test_an_unknown_query_parameter_is_malformed_and_named(rest: httpx.AsyncClient, stage: Any) -> None:
    answer = await rest.get("/v1/posts?colour=red")
    details = assert_error(answer, 400, 3, "MALFORMED_REQUEST")
    assert "colour" in details["ErrorInfo"]["metadata"]["detail"]
    assert not stage.seen


async def test_a_header_with_an_underscore_is_refused(rest: httpx.AsyncClient, stage: Any) -> None:
    assert_error(await rest.get(GET_POST, headers={"x_user": "me"}), 400, 3, "MALFORMED_REQUEST")
    assert not stage.seen


async def test_headers_beyond_the_limit_are_too_large(rest: httpx.AsyncClient) -> None:
    assert_error(await rest.get(GET_POST, headers={"x-long": "x" * 20_000}), 431, 8, "MESSAGE_TOO_LARGE")


async def test_a_body_beyond_the_limit_is_too_large_and_never_reaches_the_service(
    rest: httpx.AsyncClient, stage: Any
) -> None:
    body = b'{"login": "' + b"x" * 2_000_000 + b'"}'
    assert_error(await rest.post("/v1/sessions", content=body, headers=JSON), 413, 8, "MESSAGE_TOO_LARGE")
    assert not stage.seen


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_a_mutation_that_is_not_json_is_refused(
    rest: httpx.AsyncClient, stage: Any, method: str, content_type: str | None
) -> None:
    headers = {"content-type": content_type} if content_type else {}
    path = "/v1/sessions" if method == "POST" else "/v1/accounts/me"
    answer = await rest.request(method, path, content=b"{}", headers=headers)
    assert_error(answer, 403, 7, "CONTENT_TYPE_NOT_JSON")
    assert not stage.seen


async def test_a_service_that_takes_too_long_is_a_deadline_exceeded(rest: httpx.AsyncClient, stage: Any) -> None:
    async def hang(request: Any, context: Any) -> Any:
        await asyncio.Event().wait()

    stage.answers["GetPost"] = hang
    assert_error(await rest.get(GET_POST), 504, 4, "DEADLINE_EXCEEDED")


async def test_a_service_that_is_away_is_unavailable(session_village: Village, stage: Any, folder: Any) -> None:
    away = [Upstream(each.name, ("127.0.0.1:1",)) for each in session_village.upstreams]
    village = Village(session_village.services, away, "account")
    async with (
        running_edge(village, folder, EdgeSettings(concurrency=1)) as edge,
        httpx.AsyncClient(base_url=edge.url) as rest,
    ):
        assert_error(await rest.get(GET_POST), 503, 14, "UNAVAILABLE")


async def test_a_token_that_cannot_be_checked_because_no_key_ever_came_is_unavailable_and_not_invalid(
    session_village: Village, stage: Any, keys: Any, folder: Any
) -> None:
    upstreams = [
        Upstream("account", ("127.0.0.1:1",)),
        *(each for each in session_village.upstreams if each.name != "account"),
    ]
    village = Village(session_village.services, upstreams, "account")
    async with (
        running_edge(village, folder, EdgeSettings(concurrency=1)) as edge,
        httpx.AsyncClient(base_url=edge.url) as rest,
    ):
        assert_error(await rest.get(GET_POST, headers=keys.bearer()), 503, 14, "UNAVAILABLE")
        assert (await rest.get(GET_POST)).status_code == 200, "what needs no token is served"


async def test_what_is_no_http_is_refused(edge: RunningEdge) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
    writer.write(b"GET / HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n")
    status = await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    assert b" 400 " in status
