"""What nginx refuses itself, in the one error shape, and that nothing of it reaches what stands behind."""

import asyncio
import json
import time

import pytest

from mesh.edge.cache import CacheProcess
from tests.integration.edge_cache.upstream import Upstream

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

GET = b"GET /v1/posts/a HTTP/1.1\r\nhost: x\r\n"
POST = b"POST /v1/posts HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n"
SLOWEST = 8.0


async def sent(cache: CacheProcess, data: bytes) -> bytes:
    """All that comes back until nginx closes."""
    reader, writer = await _connected(cache)
    writer.write(data)
    async with asyncio.timeout(SLOWEST):
        answer = await _rest(reader)
    writer.close()
    return answer


async def _rest(reader: asyncio.StreamReader) -> bytes:
    answer = b""
    try:
        while more := await reader.read(1 << 16):
            answer += more
    except ConnectionResetError:
        pass
    return answer


async def _connected(cache: CacheProcess) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = cache.address.rpartition(":")
    return await asyncio.open_connection(host, int(port))


REFUSED = {
    "absolute form": (b"GET http://x/v1/posts/a HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 400),
    "CONNECT": (b"CONNECT x:443 HTTP/1.1\r\nhost: x\r\n\r\n", 405),
    "TRACE": (b"TRACE / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 405),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "no method": (b"get / HTTP/1.1\r\nhost: x\r\n\r\n", 400),
    "no host": (b"GET /v1/posts/a HTTP/1.1\r\n\r\n", 400),
    "two hosts": (GET + b"host: y\r\n\r\n", 400),
    "a zero byte": (b"GET /v1/posts/%00 HTTP/1.1\r\nhost: x\r\n\r\n", 400),
    "out of the root": (b"GET /../etc HTTP/1.1\r\nhost: x\r\n\r\n", 400),
    "both lengths": (POST + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED, 400),
    "two lengths": (POST + b"content-length: 0\r\ncontent-length: 5\r\n\r\n" + SMUGGLED, 400),
    "a signed length": (POST + b"content-length: +5\r\n\r\n" + SMUGGLED, 400),
    "another coding": (POST + b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n" + SMUGGLED, 501),
    "two codings": (POST + b"transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n" + SMUGGLED, 400),
    "a space before the colon": (POST + b"transfer-encoding : chunked\r\n\r\n0\r\n\r\n" + SMUGGLED, 400),
    "a folded header": (POST + b"x: 1\r\n transfer-encoding: chunked\r\n\r\n" + SMUGGLED, 400),
    "a broken chunk": (POST + b"transfer-encoding: chunked\r\n\r\nzz\r\n" + SMUGGLED, 400),
    "a long path": (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nhost: x\r\n\r\n", 414),
    "a long header": (GET + b"x: " + b"a" * 9000 + b"\r\n\r\n", 431),
    "many long headers": (GET + b"".join(b"x%d: " % n + b"a" * 4000 + b"\r\n" for n in range(6)) + b"\r\n", 431),
    "many headers": (GET + b"x: 1\r\n" * 150 + b"\r\n", 431),
    "a body that says it is too long": (POST + b"content-length: 9999999\r\n\r\n", 413),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_nginx_refuses_in_the_one_error_shape(session_cache: CacheProcess, upstream: Upstream, case: str) -> None:
    data, status = REFUSED[case]
    head, _, body = (await sent(session_cache, data)).partition(b"\r\n\r\n")
    first, *lines = head.decode().lower().splitlines()
    assert first.startswith(f"http/1.1 {status} "), head
    assert {"content-type: application/json", "cache-control: no-store"} <= set(lines)
    error = json.loads(body)
    assert error["details"][0]["domain"] == "hamlet"
    assert b"nginx" not in body
    assert [each.target for each in upstream.seen] == []


async def test_a_request_line_of_1991_gets_no_page(session_cache: CacheProcess, upstream: Upstream) -> None:
    assert b"Elsinore" not in await sent(session_cache, b"GET /v1/posts/a\r\n")
    assert upstream.seen == []


async def test_a_body_that_grows_too_long_is_cut(session_cache: CacheProcess, upstream: Upstream) -> None:
    chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    answer = await sent(session_cache, POST + b"transfer-encoding: chunked\r\n\r\n" + chunk * 20 + b"0\r\n\r\n")
    assert b" 413 " in answer or answer == b""
    assert upstream.seen == []


async def test_a_body_is_framed_anew_and_whole_before_anybody_behind_sees_it(
    session_cache: CacheProcess, upstream: Upstream
) -> None:
    answer = await sent(
        session_cache, POST + b"connection: close\r\ntransfer-encoding: chunked\r\n\r\n2;x=1\r\n{}\r\n0\r\nt: x\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 200")
    assert (upstream.seen[0].headers["content-length"], upstream.seen[0].body) == ("2", b"{}")
    assert not {"transfer-encoding", "connection", "trailer"} & set(upstream.seen[0].headers)


async def test_a_header_with_an_underscore_is_left_to_envoy_to_refuse(
    session_cache: CacheProcess, upstream: Upstream
) -> None:
    await sent(session_cache, b"GET /x HTTP/1.0\r\nx_user: root\r\n\r\n")
    assert upstream.seen[0].headers["x_user"] == "root"


async def test_who_sends_slowly_is_cut_and_reaches_nobody(session_cache: CacheProcess, upstream: Upstream) -> None:
    body = POST + b"content-length: 9\r\n\r\n{"
    starts = {"silence": b"", "half a line": b"GET /v1", "half the headers": GET, "half a body": body}
    began = time.monotonic()
    answers = await asyncio.gather(*(sent(session_cache, start) for start in starts.values()))
    assert time.monotonic() - began < SLOWEST
    assert all(b" 200 " not in answer for answer in answers)
    assert upstream.seen == []
