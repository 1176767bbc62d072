"""REST keeps HTTP's promises: 405 with Allow, 304, streams that a browser takes up again, and nothing of gRPC."""

import asyncio
import json
from typing import Any

import h2.connection
import h2.events
import httpx
import pytest
from hamlet.blog.v1.post_pb2 import Post
from hamlet.comment.v1.comment_pb2 import Comment
from hamlet.comment.v1.comment_service_pb2 import CommentEvent, WatchCommentsResponse
from hamlet.error.v1.error_reason_pb2 import ErrorReason

from mesh.errors import HamletError
from mesh.testing.envoy import RunningEdge

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

POST_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
GET_POST, WATCH = f"/v1/posts/{POST_ID}", f"/v1/posts/{POST_ID}/comments:watch"
JSON = {"content-type": "application/json"}
ETAG = '"a-tag"'


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/v1/posts", "GET, HEAD, POST"),
        ("POST", GET_POST, "DELETE, GET, HEAD, PATCH"),
        ("TRACE", GET_POST, "DELETE, GET, HEAD, PATCH"),
        ("OPTIONS", "/v1/accounts/me", "DELETE, GET, HEAD, PATCH"),
        ("GET", f"{GET_POST}:publish", "POST"),
        ("DELETE", "/v1/posts:search?query=a", "GET, HEAD"),
        ("POST", WATCH, "GET"),
        ("HEAD", WATCH, "GET"),
        ("HEAD", f"{GET_POST}:publish", "POST"),
    ],
)
async def test_a_known_path_says_which_methods_it_takes(
    rest: httpx.AsyncClient, stage: Any, method: str, path: str, allow: str
) -> None:
    answer = await rest.request(method, path, headers={"origin": "https://blog.example"})
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)
    assert answer.headers["access-control-allow-origin"] == "https://blog.example"
    assert answer.headers["content-type"] == "application/json"
    if method != "HEAD":
        (info,) = answer.json()["details"]
        assert (answer.json()["code"], info["reason"]) == (12, "METHOD_NOT_ALLOWED")
    assert not stage.seen


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/nothing", "/v1/posts/a/b/c", f"{GET_POST}/:publish", "/v1/*", "/:/:"]
)
async def test_an_unknown_path_takes_no_method_at_all(rest: httpx.AsyncClient, path: str) -> None:
    answer = await rest.put(path, json={})
    assert answer.status_code == 404
    assert "allow" not in answer.headers


async def test_a_tunnel_is_refused_at_once(edge: RunningEdge, stage: Any) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
    writer.write(b"CONNECT somewhere.example:443 HTTP/1.1\r\nhost: somewhere.example:443\r\n\r\n")
    assert (await asyncio.wait_for(reader.readline(), 5)).split()[1] == b"404"
    writer.close()
    await writer.wait_closed()
    assert "script" not in edge.log.read_text()


WITH_ETAG = Post(id=POST_ID, etag=ETAG)


async def test_head_is_get_without_its_content(rest: httpx.AsyncClient, stage: Any) -> None:
    stage.answers["GetPost"] = Post(id=POST_ID, etag=ETAG, body_html="<p>Words</p>" * 5000)
    read = await rest.get(GET_POST)
    asked = await rest.head(GET_POST)
    assert (asked.status_code, asked.content) == (200, b"")
    same = ("content-type", "content-length", "etag", "cache-control", "vary", "surrogate-key")
    assert {name: asked.headers[name] for name in same} == {name: read.headers[name] for name in same}
    known = await rest.head(GET_POST, headers={"if-none-match": ETAG})
    assert (known.status_code, known.content) == (304, b"")
    stage.answers["GetPost"] = HamletError(ErrorReason.ERROR_REASON_POST_NOT_FOUND)
    missing = await rest.head(GET_POST)
    assert (missing.status_code, missing.content) == (404, b"")
    assert (await rest.head("/v1/accounts/me")).status_code == 401
    stage.answers["GetPost"] = WITH_ETAG
    assert (await rest.get(GET_POST)).json()["id"] == POST_ID, "the connection is in order"
    assert {each.method for each in stage.seen} == {"GetPost"}


async def test_head_over_http2_is_get_without_its_content(edge: RunningEdge, stage: Any) -> None:
    stage.answers["GetPost"] = Post(id=POST_ID, body_html="<p>Words</p>" * 5000)
    async with httpx.AsyncClient(base_url=edge.url, http1=False, http2=True, timeout=10) as rest:
        for _ in range(2):
            asked = await rest.head(GET_POST)
            assert (asked.http_version, asked.status_code, asked.content) == ("HTTP/2", 200, b"")
        assert int(asked.headers["content-length"]) == len((await rest.get(GET_POST)).content)


@pytest.mark.parametrize("known", [ETAG, f"W/{ETAG}", f'"other", {ETAG}', "*"])
async def test_who_has_the_answer_already_gets_304_without_a_body(
    rest: httpx.AsyncClient, stage: Any, known: str
) -> None:
    stage.answers["GetPost"] = WITH_ETAG
    answer = await rest.get(GET_POST, headers={"if-none-match": known})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == ETAG
    assert answer.headers["cache-control"].startswith("public")
    assert not {"content-type", "content-length", "grpc-status"} & set(answer.headers)
    again = await rest.get(GET_POST)
    assert (again.status_code, again.json()["id"]) == (200, POST_ID), "the connection is in order"


@pytest.mark.parametrize("known", ['"other"', "a-tag", '"a-tag', ""])
async def test_who_has_another_gets_the_answer(rest: httpx.AsyncClient, stage: Any, known: str) -> None:
    stage.answers["GetPost"] = WITH_ETAG
    answer = await rest.get(GET_POST, headers={"if-none-match": known})
    assert (answer.status_code, answer.json()["id"]) == (200, POST_ID)


async def events(answer: httpx.Response) -> list[dict[str, str]]:
    """The fields of each event, as a browser reads them (HTML, 9.2.6)."""
    text = (await answer.aread()).decode()
    assert text.endswith("\n\n")
    return [
        dict(line.split(": ", 1) for line in event.split("\n")) for event in text.removesuffix("\n\n").split("\n\n")
    ]


async def test_each_event_has_its_resume_token_as_id(rest: httpx.AsyncClient, stage: Any) -> None:
    forged = 'x"resumeToken":"forged" "resumeToken":"forged"\n\nid: forged\n\n'
    stage.answers["WatchComments"] = [
        WatchCommentsResponse(resume_token="a=="),
        WatchCommentsResponse(event=CommentEvent(comment=Comment(text=forged * 4000)), resume_token="b/+_-"),
        WatchCommentsResponse(),
    ]
    async with rest.stream("GET", WATCH, headers={"last-event-id": "before"}) as answer:
        found = await events(answer)
    assert [event.get("id") for event in found] == ["a==", "b/+_-", None]
    assert [event.get("retry") for event in found] == ["2000", None, None]
    assert json.loads(found[1]["data"])["event"]["comment"]["text"] == forged * 4000
    assert stage.only_call().metadata["last-event-id"] == "before"


async def test_an_event_comes_at_once_with_its_id(rest: httpx.AsyncClient, stage: Any) -> None:
    async def watch(request: Any, context: Any) -> Any:
        yield WatchCommentsResponse(resume_token="now")
        await asyncio.Event().wait()

    stage.answers["WatchComments"] = watch
    async with rest.stream("GET", WATCH) as answer:
        lines = answer.aiter_lines()
        assert [await anext(lines), await anext(lines)] == ["retry: 2000", "id: now"]


async def test_an_error_after_the_first_event_ends_the_stream_in_order_and_shows_when_it_is_taken_up_again(
    rest: httpx.AsyncClient, stage: Any
) -> None:
    async def watch(request: Any, context: Any) -> Any:
        if "last-event-id" not in dict(context.invocation_metadata()):
            yield WatchCommentsResponse(resume_token="first")
        raise HamletError(ErrorReason.ERROR_REASON_POST_NOT_FOUND)

    stage.answers["WatchComments"] = watch
    async with rest.stream("GET", WATCH) as answer:
        (event,) = await events(answer)
    again = await rest.get(WATCH, headers={"last-event-id": event["id"]})
    assert (again.status_code, again.json()["details"][0]["reason"]) == (404, "POST_NOT_FOUND")


async def fails(request: Any, context: Any) -> Any:
    raise HamletError(ErrorReason.ERROR_REASON_POST_NOT_FOUND)


@pytest.mark.parametrize(
    ("method", "path", "answer"),
    [
        ("GET", GET_POST, WITH_ETAG),
        ("GET", GET_POST, fails),
        ("GET", WATCH, None),
        ("PUT", GET_POST, None),
        ("GET", "/v1/nothing", None),
        ("GET", "/v1/accounts/me", None),
    ],
    ids=["success", "error", "stream", "other method", "local reply", "no token"],
)
async def test_nothing_of_grpc_or_envoy_is_in_headers_and_trailers(
    edge: RunningEdge, stage: Any, method: str, path: str, answer: Any
) -> None:
    if answer is not None:
        stage.answers["GetPost"] = answer
    received = await over_http2(edge.port, method, path)
    assert ":status" in received
    assert not [name for name in received if name.startswith(("grpc", "x-envoy")) or name == "te"]


@pytest.mark.parametrize("name", ["a*b", "x|", "~", "a.b", "a-b-9"])
async def test_a_header_whose_name_grpc_refuses_fails_no_call(rest: httpx.AsyncClient, stage: Any, name: str) -> None:
    """RFC 9110, 5.6.2 allows them; gRPC's own answer to such a name is INTERNAL."""
    answer = await rest.get(GET_POST, headers={name: "value"})
    assert answer.status_code == 200
    (call,) = stage.seen
    assert (name in call.metadata) == (name in {"a.b", "a-b-9"})


async def over_http2(port: int, method: str, path: str) -> list[str]:
    """The names of an answer's headers and trailers, which no HTTP/1.1 client is sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    connection = h2.connection.H2Connection()
    connection.initiate_connection()
    head = {":method": method, ":path": path, ":scheme": "http", ":authority": "edge"}
    connection.send_headers(1, list(head.items()), end_stream=True)
    received: list[str] = []
    async with asyncio.timeout(10):
        while True:
            writer.write(connection.data_to_send())
            for event in connection.receive_data(await reader.read(65536)):
                if isinstance(event, h2.events.ResponseReceived | h2.events.TrailersReceived):
                    received += [bytes(name).decode() for name, _ in event.headers or ()]
                if isinstance(event, h2.events.StreamEnded):
                    writer.close()
                    await writer.wait_closed()
                    return received
