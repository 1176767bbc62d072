"""Requests that two servers might read differently, before nginx with Envoy behind it and before Envoy alone: each gets
at most one answer, and what hides in its body reaches no service.
"""

import asyncio
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from mesh.edge import EdgeSettings, Village
from mesh.edge.cache import cached_routes
from mesh.edge.exposure import public_methods
from mesh.testing.cache import running_cache
from mesh.testing.envoy import RunningEdge, running_edge
from tests.security.attacks import frames
from tests.security.attacks.door import Door

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

HIDDEN_ID = "0190b6a5-7c00-7000-8000-0000000b{:04x}"
QUIET_SECONDS = 3.0
_ANSWER = re.compile(rb"HTTP/1\.[01] (?!100)\d\d\d")
_POST = "POST /v1/posts/0190b6a5-7c00-7000-8000-00000000dead/comments HTTP/1.1"
_LAST_CHUNK = "0\r\n\r\n"
_TE = "Transfer-Encoding: chunked"

# What announces the body twice or wrongly; {n} is the length of all that follows, {h} that of the hidden request alone.
_BOTH_LENGTHS = {
    "CL.TE": ["Content-Length: {n}", _TE],
    "TE.CL order": [_TE, "Content-Length: {n}"],
    "TE doubled": ["Content-Length: {n}", _TE, "Transfer-Encoding: identity"],
    "TE list": ["Content-Length: {n}", "Transfer-Encoding: chunked, identity"],
    "TE space before colon": ["Content-Length: {n}", "Transfer-Encoding : chunked"],
    "TE tab": ["Content-Length: {n}", "Transfer-Encoding:\tchunked"],
    "TE vertical tab": ["Content-Length: {n}", "Transfer-Encoding: \x0bchunked"],
    "TE unknown": ["Content-Length: {n}", "Transfer-Encoding: xchunked"],
    "TE quoted": ["Content-Length: {n}", 'Transfer-Encoding: "chunked"'],
    "TE folded": ["Content-Length: {n}", "Transfer-Encoding:\r\n chunked"],
    "TE in a folded line": ["Content-Length: {n}", "X-Fill: x\r\n Transfer-Encoding: chunked"],
    "TE after bare LF": ["Content-Length: {n}", "X-Fill: x\nTransfer-Encoding: chunked"],
    "TE after bare CR": ["Content-Length: {n}", "X-Fill: x\rTransfer-Encoding: chunked"],
    "TE with NUL": ["Content-Length: {n}", "Transfer-Encoding: chunked\x00"],
    "TE case": ["Content-Length: {n}", "tRANSFER-eNCODING: CHUNKED"],
    "TE hop by hop": ["Content-Length: {n}", _TE, "Connection: Transfer-Encoding"],
}
_ONE_LENGTH = {
    "CL.CL": ["Content-Length: 0", "Content-Length: {h}"],
    "CL.CL reversed": ["Content-Length: {h}", "Content-Length: 0"],
    "CL list": ["Content-Length: 0, {h}"],
    "CL sign": ["Content-Length: +{h}"],
    "CL negative": ["Content-Length: -1"],
    "CL hexadecimal": ["Content-Length: 0x0"],
    "CL two numbers": ["Content-Length: 0 {h}"],
    "CL overflow": ["Content-Length: 18446744073709551616"],
    "CL after bare CR": ["X-Fill: x\rContent-Length: 0", "Content-Length: {h}"],
    "CL hop by hop": ["Content-Length: {h}", "Connection: Content-Length"],
    "CL underscore": ["Content_Length: 0", "Content-Length: {h}"],
    "CL and upgrade": [
        "Content-Length: {h}",
        "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABkAARAAAAA",
        "Connection: Upgrade",
    ],
    "CL and expect": ["Content-Length: {h}", "Expect: 100-continue"],
}
# What stands where the size of a chunk is due.
_CHUNKS = {
    "size overflow": "10000000000000000\r\n\r\n",
    "size overlong": "FFFFFFFFFFFFFFFF0\r\n\r\n",
    "size prefixed": "0x0\r\n\r\n",
    "size negative": "-0\r\n\r\n",
    "size spaced": " 0\r\n\r\n",
    "size missing": "\r\n\r\n",
    "bare LF": "1\na\n0\n\n",
    "bare LF in extension": "1;a\nb\r\na\r\n0\n\r\n",
    "bare CR": "1\ra\r0\r\r",
    "data longer than its size": "1\r\naaaa\r\n0\r\n\r\n",
}


def _smuggled(number: int) -> str:
    return f"GET /v1/posts/{HIDDEN_ID.format(number)} HTTP/1.1\r\nHost: hidden.example\r\n\r\n"


def _requests() -> list[tuple[str, bytes]]:
    """Name and bytes of each; the number in the list is the hidden request's."""
    found: list[tuple[str, bytes]] = []

    def add(name: str, lines: list[str], body: str) -> None:
        hidden = _smuggled(len(found))
        counts = {"n": len(body) + len(hidden), "h": len(hidden)}
        head = [_POST, "Host: hamlet.example", "Content-Type: application/json", *(x.format(**counts) for x in lines)]
        found.append((name, ("\r\n".join([*head, "", ""]) + body + hidden).encode("latin-1")))

    for name, lines in _BOTH_LENGTHS.items():
        add(name, lines, _LAST_CHUNK)
    for name, lines in _ONE_LENGTH.items():
        add(name, lines, "")
    for name, chunk in _CHUNKS.items():
        add(name, [_TE], chunk)
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def front_door(session_village: Village) -> AsyncIterator[int]:
    """nginx, with Envoy behind it."""
    folder = Path(tempfile.mkdtemp(prefix="edge-"))
    settings = EdgeSettings(concurrency=1, drain_seconds=1.0)
    routes = cached_routes(public_methods(session_village.services))
    async with (
        running_edge(session_village, folder, settings, behind_cache=True),
        running_cache(routes, folder, settings) as cache,
    ):
        yield int(cache.address.rpartition(":")[2])
    shutil.rmtree(folder)


@pytest.fixture(params=["nginx and Envoy", "Envoy alone"])
def port(request: pytest.FixtureRequest, front_door: int, edge: RunningEdge) -> int:
    return front_door if request.param == "nginx and Envoy" else edge.port


async def test_one_request_has_one_answer_and_hides_no_other(port: int, stage: Any) -> None:
    cases = _requests()
    answers = await asyncio.gather(*(_answers(port, request) for _, request in cases))
    asked = [getattr(seen.request, "post_id", "") for seen in stage.seen]
    wrong = {
        name: (answered, HIDDEN_ID.format(number) in asked)
        for number, ((name, _), answered) in enumerate(zip(cases, answers, strict=True))
        if answered != 1 or HIDDEN_ID.format(number) in asked
    }
    assert not wrong, wrong
    assert set(asked) <= {"0190b6a5-7c00-7000-8000-00000000dead", ""}


async def test_two_honest_requests_have_two_answers(port: int, stage: Any) -> None:
    """The probe sees a second answer and the second call where there are some: pipelining is allowed."""
    assert await _answers(port, (_smuggled(0xF000) + _smuggled(0xF001)).encode()) == 2
    assert {seen.request.post_id for seen in stage.seen} == {HIDDEN_ID.format(0xF000), HIDDEN_ID.format(0xF001)}


@pytest.mark.parametrize(
    "request_line",
    [
        "GET http://other.example/v1/posts/{} HTTP/1.1",
        "GET /v1/posts/{} HTTP/1.0",
        "GET  /v1/posts/{}  HTTP/1.1",
        "GET /v1/posts/{} HTTP/1.1 HTTP/1.1",
        "get /v1/posts/{} HTTP/1.1",
        "GET /v1/posts/{}\x00 HTTP/1.1",
        "GET\t/v1/posts/{}\tHTTP/1.1",
        "CONNECT /v1/posts/{} HTTP/1.1",
        "GET /v1/posts/{} HTTP/9.9",
        "GET /v1/posts/{}%0d%0aHost:%20x%0d%0a HTTP/1.1",
    ],
)
async def test_an_odd_request_line_is_one_request_at_most(port: int, stage: Any, request_line: str) -> None:
    line = request_line.format(HIDDEN_ID.format(0xE000))
    assert await _answers(port, f"{line}\r\nHost: hamlet.example\r\n\r\n".encode()) == 1
    assert len(stage.seen) <= 1


@pytest.mark.parametrize(
    "fields",
    [
        [(":path", "/v1/posts/a HTTP/1.1\r\nHost: x\r\n\r\nGET /v1/posts/" + HIDDEN_ID.format(0xD000))],
        [("x-fill", "a\r\n\r\nGET /v1/posts/" + HIDDEN_ID.format(0xD000) + " HTTP/1.1\r\n\r\n")],
        [("transfer-encoding", "chunked")],
        [("content-length", "0")],
        [("content-length", "1"), ("content-length", "400")],
        [(":path", "/v1/posts/" + HIDDEN_ID.format(0xD000))],
        [(":method", "GET")],
        [("connection", "content-length")],
        [("X-Upper", "a")],
        [("host", "other.example"), (":authority", "third.example")],
        [("x-fill", "a\x00b")],
        [("x-fill ", "a")],
    ],
    ids=lambda fields: str(fields[0])[:30],
)
async def test_http2_that_would_be_something_else_in_http1_reaches_no_service(
    edge: RunningEdge, stage: Any, fields: list[frames.Header]
) -> None:
    door = Door(edge.grpc_port)
    asked = [*frames.grpc_headers(door, "/hamlet.blog.v1.PostReadingService/GetPost"), *fields]
    body = frames.grpc_message(b"") + _smuggled(0xD000).encode()
    words = frames.hello() + frames.settings_ack() + frames.headers(1, asked) + frames.data(1, body, end_stream=True)
    await _heard(edge.grpc_port, words)
    assert [seen for seen in stage.seen if seen.request.post_id == HIDDEN_ID.format(0xD000)] == []
    assert len(stage.seen) <= 1


async def _answers(port: int, request: bytes) -> int:
    return len(_ANSWER.findall(await _heard(port, request)))


async def _heard(port: int, request: bytes) -> bytes:
    """All that is said until the connection is closed or quiet."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    heard = b""
    try:
        writer.write(request)
        await writer.drain()
        while True:
            async with asyncio.timeout(QUIET_SECONDS):
                if not (piece := await reader.read(65_536)):
                    return heard
            heard += piece
    except (TimeoutError, ConnectionError):
        return heard
    finally:
        writer.close()
