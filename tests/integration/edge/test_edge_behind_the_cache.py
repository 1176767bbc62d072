"""nginx before a real Envoy: what is kept, what passes, and that neither weakens the other."""

import asyncio
import shutil
import struct
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from hamlet.account.v1.account_pb2 import Session
from hamlet.blog.v1.post_pb2 import Post
from hamlet.blog.v1.post_reading_service_pb2 import GetPostRequest
from hamlet.comment.v1.comment_service_pb2 import WatchCommentsResponse

from mesh.edge import EdgeSettings, Village
from mesh.edge.cache import cached_routes
from mesh.edge.exposure import public_methods
from mesh.errors import ErrorReason, HamletError
from mesh.testing.cache import running_cache
from mesh.testing.envoy import running_edge

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

ORIGIN = "https://blog.example"
POSTS = (f"/v1/posts/01890a5d-ac96-774b-bcce-{n:012x}" for n in range(1000))
JSON = {"content-type": "application/json"}


@pytest.fixture
def post() -> str:
    """The path of a post that no other test asked for."""
    return next(POSTS)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def front_door(session_village: Village) -> AsyncIterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="edge-"))
    settings = EdgeSettings(allowed_origins=(ORIGIN,), concurrency=1, key_set_seconds=1, drain_seconds=1.0)
    routes = cached_routes(public_methods(session_village.services))
    async with (
        running_edge(session_village, folder, settings, behind_cache=True),
        running_cache(routes, folder, settings) as cache,
    ):
        yield f"http://{cache.address}"
    shutil.rmtree(folder)


@pytest_asyncio.fixture(loop_scope="session")
async def client(front_door: str, stage: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=front_door, timeout=10) as opened:
        yield opened


async def test_readers_of_one_post_are_one_call(client: httpx.AsyncClient, stage: Any, post: str) -> None:
    stage.answers["GetPost"] = Post(title="Elsinore", etag='"5f1d"', body_html="<p>Words</p>" * 100)
    began = time.monotonic()
    answers = await asyncio.gather(*(client.get(post) for _ in range(20)))
    took = time.monotonic() - began
    assert {answer.json()["title"] for answer in answers} == {"Elsinore"}
    assert {answer.headers["cache-control"] for answer in answers} == {"public, max-age=0, must-revalidate"}
    # One a second, and one more where the clock's second ends meanwhile.
    assert len(stage.seen) <= 2 + int(took)
    seen = await client.get(post, headers={"if-none-match": answers[0].headers["etag"]})
    assert (seen.status_code, seen.content) == (304, b"")


async def test_a_person_with_a_token_is_answered_by_the_service_each_time(
    client: httpx.AsyncClient, stage: Any, keys: Any, post: str
) -> None:
    stage.answers["GetPost"] = Post(title="Mine")
    for _ in range(2):
        answer = await client.get(post, headers=keys.bearer())
        assert (answer.headers["x-cache"], answer.headers["cache-control"]) == ("BYPASS", "private, no-store")
    assert len(stage.seen) == 2


async def test_what_can_be_read_can_be_asked_about(client: httpx.AsyncClient, stage: Any, keys: Any, post: str) -> None:
    stage.answers["GetPost"] = Post(title="Mine", etag='"5f1d"')
    read = await client.get(post, headers=keys.bearer())
    asked = await client.head(post, headers=keys.bearer())
    assert (asked.status_code, asked.content, asked.headers["x-cache"]) == (200, b"", "BYPASS")
    for name in ("content-type", "content-length", "etag", "cache-control"):
        assert asked.headers[name] == read.headers[name]
    stage.answers["GetPost"] = HamletError(ErrorReason.ERROR_REASON_POST_NOT_FOUND)
    assert (await client.head(post, headers=keys.bearer())).status_code == 404
    refused = await client.head("/v1/sessions")
    assert (refused.status_code, refused.headers["allow"], refused.content) == (405, "POST", b"")


async def test_a_made_up_parameter_is_refused_before_any_service_sees_it(
    client: httpx.AsyncClient, stage: Any, post: str
) -> None:
    answer = await client.get(f"{post}?utm_source=x")
    assert answer.status_code == 400
    assert answer.json()["details"][0]["reason"] == "MALFORMED_REQUEST"
    assert stage.seen == []


async def test_a_missing_post_is_one_call_and_missing_for_two_seconds_at_most(
    client: httpx.AsyncClient, stage: Any, keys: Any, post: str
) -> None:
    stage.answers["GetPost"] = HamletError(ErrorReason.ERROR_REASON_POST_NOT_FOUND)
    began = time.monotonic()
    missing = await asyncio.gather(*(client.get(post) for _ in range(20)))
    took = time.monotonic() - began
    assert {(each.status_code, each.json()["details"][0]["reason"]) for each in missing} == {(404, "POST_NOT_FOUND")}
    assert {each.headers["cache-control"] for each in missing} == {"public, max-age=0, must-revalidate"}
    assert len(stage.seen) <= 2 + int(took)
    published = time.monotonic()
    stage.answers["GetPost"] = Post(title="Found")
    assert (await client.get(post, headers=keys.bearer())).json()["title"] == "Found", (
        "who is signed in sees it at once"
    )
    asked = time.monotonic()
    while (answer := await client.get(post)).status_code == 404:
        assert asked < published + 2
        asked = time.monotonic()
    assert answer.json()["title"] == "Found"


async def test_what_a_signed_in_person_does_not_find_is_not_kept(
    client: httpx.AsyncClient, stage: Any, keys: Any, post: str
) -> None:
    stage.answers["GetPost"] = HamletError(ErrorReason.ERROR_REASON_POST_NOT_FOUND)
    answer = await client.get(post, headers=keys.bearer())
    assert (answer.headers["x-cache"], answer.headers["cache-control"]) == ("BYPASS", "private, no-store")
    stage.answers["GetPost"] = Post(title="Found")
    assert (await client.get(post)).json()["title"] == "Found"


async def test_a_path_that_nothing_has_is_not_kept(client: httpx.AsyncClient, stage: Any) -> None:
    for _ in range(2):
        answer = await client.get("/v1/nothing")
        assert (answer.status_code, answer.headers["x-cache"]) == (404, "BYPASS")


@pytest.mark.parametrize("query", ["", "?utm_source=x"])
async def test_a_page_of_a_listed_origin_is_told_once_that_it_may_read(
    client: httpx.AsyncClient, stage: Any, post: str, query: str
) -> None:
    for _ in range(2):
        answer = await client.get(post + query, headers={"origin": ORIGIN})
        assert answer.headers.get_list("access-control-allow-origin") == [ORIGIN]
    other = await client.get(post + query, headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers


async def test_the_caller_s_address_is_the_one_that_nginx_saw(client: httpx.AsyncClient, stage: Any, post: str) -> None:
    pretended = {"x-forwarded-for": "203.0.113.9", "x-envoy-external-address": "203.0.113.9"}
    await client.get(post, headers=pretended)
    await client.post("/v1/posts", headers={**pretended, **JSON}, json={"title": "x"})
    await client.post("/v1/sessions", headers={**pretended, **JSON}, json={"login": "a", "password": "b"})
    assert {seen.metadata["x-envoy-external-address"] for seen in stage.seen} == {"127.0.0.1"}


async def test_events_arrive_one_by_one(client: httpx.AsyncClient, stage: Any, post: str) -> None:
    go_on = asyncio.Event()

    async def watch(request: Any, context: Any) -> AsyncIterator[WatchCommentsResponse]:
        yield WatchCommentsResponse(resume_token="one")
        await go_on.wait()
        yield WatchCommentsResponse(resume_token="two")

    stage.answers["WatchComments"] = watch
    async with client.stream("GET", f"{post}/comments:watch") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-cache"] == "BYPASS"
        lines = (line async for line in answer.aiter_lines() if "resumeToken" in line)
        async with asyncio.timeout(5):
            assert "one" in await anext(lines)
            go_on.set()
            assert "two" in await anext(lines)


async def test_grpc_web_passes(client: httpx.AsyncClient, stage: Any) -> None:
    stage.answers["GetPost"] = Post(title="Elsinore")
    message = GetPostRequest(post_id=next(POSTS).rpartition("/")[2]).SerializeToString()
    web = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1"}
    answer = await client.post(
        "/hamlet.blog.v1.PostReadingService/GetPost",
        content=struct.pack(">BI", 0, len(message)) + message,
        headers=web,
    )
    assert b"Elsinore" in answer.content
    assert b"grpc-status:0" in answer.content


async def test_a_sign_in_passes_and_its_token_is_kept_nowhere(client: httpx.AsyncClient, stage: Any) -> None:
    stage.answers["SignIn"] = Session(access_token="secret")
    answer = await client.post("/v1/sessions", headers=JSON, json={"login": "ada", "password": "x"})
    assert (answer.json()["accessToken"], answer.headers["x-cache"]) == ("secret", "BYPASS")


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "reason"),
    [
        ("DELETE", "/v1/sessions", {}, 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/nothing", {}, 404, "PATH_NOT_FOUND"),
        ("POST", "/v1/posts", {"content-type": "text/plain"}, 403, "CONTENT_TYPE_NOT_JSON"),
        ("GET", "/v1/accounts/me", {}, 401, "UNAUTHENTICATED"),
        ("GET", "/v1/posts", {"x_user": "root", "authorization": "Bearer x"}, 400, "MALFORMED_REQUEST"),
        ("TRACE", "/v1/posts", {}, 405, "METHOD_NOT_ALLOWED"),
    ],
)
async def test_errors_have_one_shape_whichever_proxy_makes_them(
    client: httpx.AsyncClient, stage: Any, method: str, path: str, headers: dict[str, str], status: int, reason: str
) -> None:
    answer = await client.request(method, path, headers=headers)
    assert (answer.status_code, answer.json()["details"][0]["reason"]) == (status, reason)
    assert answer.headers["content-type"].startswith("application/json")
    assert stage.seen == []
