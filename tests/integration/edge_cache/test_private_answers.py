"""What is one person's is never kept, whoever made the mistake; and what was kept tells nothing of who asked first."""

import httpx
import pytest

from tests.integration.edge_cache.upstream import PUBLIC, Upstream

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


async def test_who_shows_a_token_is_neither_answered_from_the_cache_nor_kept(
    client: httpx.AsyncClient, upstream: Upstream, page: str
) -> None:
    token = {"authorization": "Bearer x"}
    upstream.body = b'{"draft":true}'
    assert (await client.get(page, headers=token)).headers["x-cache"] == "BYPASS"
    upstream.body = b'{"draft":false}'
    assert (await client.get(page)).json() == {"draft": False}
    upstream.body = b'{"draft":true}'
    assert (await client.get(page, headers=token)).json() == {"draft": True}
    assert (await client.get(page)).json() == {"draft": False}
    assert [each.headers.get("authorization") for each in upstream.seen] == ["bearer x", None, "bearer x"]


@pytest.mark.parametrize(
    "headers",
    [
        [("cache-control", PUBLIC), ("set-cookie", "session=secret")],
        [("cache-control", PUBLIC), ("vary", "*")],
        [("cache-control", PUBLIC), ("vary", "cookie")],
        [("cache-control", PUBLIC), ("vary", "authorization, cookie")],
        [("cache-control", PUBLIC), ("vary", "authorization"), ("vary", "x-user")],
        [("cache-control", PUBLIC), ("vary", "accept-encoding")],
        [("cache-control", "private, no-store")],
        [("cache-control", f"{PUBLIC}, private")],
        [("cache-control", PUBLIC), ("cache-control", "no-store")],
        [("cache-control", f"no-cache, {PUBLIC}")],
        [("cache-control", "private"), ("expires", "Thu, 31 Dec 2099 23:59:59 GMT")],
        [("expires", "Thu, 31 Dec 2099 23:59:59 GMT")],
        [("cache-control", "private"), ("x-accel-expires", "3600")],
        [("cache-control", "public, s-maxage=3600")],
        [("cache-control", "public, max-age=3600")],
        [],
    ],
    ids=lambda headers: " ".join(f"{name}={value}"[:40] for name, value in headers) or "none",
)
async def test_an_answer_that_is_not_for_everybody_is_not_kept(
    client: httpx.AsyncClient, upstream: Upstream, page: str, headers: list[tuple[str, str]]
) -> None:
    upstream.headers, upstream.body = headers, b'{"for":"ada"}'
    first = await client.get(page)
    upstream.body = b'{"for":"bob"}'
    second = await client.get(page)
    assert (first.json(), second.json()) == ({"for": "ada"}, {"for": "bob"})
    assert "set-cookie" not in first.headers
    assert len(upstream.seen) == 2


async def test_an_answer_that_varies_by_token_alone_is_kept_for_those_without(
    client: httpx.AsyncClient, upstream: Upstream, page: str
) -> None:
    upstream.headers.append(("vary", "Authorization"))
    await client.get(page)
    answer = await client.get(page)
    assert answer.headers["x-cache"] == "HIT"
    assert answer.headers.get_list("vary") == ["Authorization, Accept-Encoding, Origin"]


async def test_a_browser_is_told_what_the_service_said_of_what_is_not_kept(
    client: httpx.AsyncClient, upstream: Upstream, page: str
) -> None:
    upstream.headers = [("cache-control", "private, no-store")]
    assert (await client.get(page)).headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307, 400, 401, 403, 410, 418, 429, 500, 502, 503, 504])
async def test_nothing_else_than_an_answer_or_that_there_is_none_is_kept(
    client: httpx.AsyncClient, upstream: Upstream, page: str, status: int
) -> None:
    upstream.status, upstream.body = status, b""
    assert (await client.get(page)).status_code == status
    upstream.status = 200
    assert (await client.get(page)).status_code == 200
    assert len(upstream.seen) == 2


async def test_that_there_is_none_is_kept_when_the_service_says_so(
    client: httpx.AsyncClient, upstream: Upstream, page: str
) -> None:
    upstream.status = 404
    for expected in ("MISS", "HIT"):
        answer = await client.get(page)
        assert (answer.status_code, answer.headers["x-cache"]) == (404, expected)
    assert len(upstream.seen) == 1


@pytest.mark.parametrize(
    "headers", [[], [("cache-control", "private, no-store")], [("cache-control", PUBLIC), ("set-cookie", "a=b")]]
)
async def test_that_there_is_none_for_somebody_is_not_kept(
    client: httpx.AsyncClient, upstream: Upstream, page: str, headers: list[tuple[str, str]]
) -> None:
    upstream.status, upstream.headers = 404, headers
    await client.get(page)
    upstream.status = 200
    assert (await client.get(page)).status_code == 200


async def test_a_hit_tells_nothing_of_who_asked_first(client: httpx.AsyncClient, upstream: Upstream, page: str) -> None:
    first, second = await client.get(page), await client.get(page)
    assert first.headers["x-request-id"] == "request-1"
    assert first.headers["x-trace-id"] == f"{1:032x}"
    assert first.headers["ratelimit"] == "r=1"
    assert second.headers["x-cache"] == "HIT"
    assert second.headers["x-request-id"] != first.headers["x-request-id"]
    assert not {"x-trace-id", "ratelimit", "ratelimit-policy", "set-cookie", "age"} & set(second.headers)


async def test_the_encoding_that_one_reader_takes_is_not_forced_on_another(
    client: httpx.AsyncClient, upstream: Upstream, page: str
) -> None:
    upstream.body = b'{"title":"' + b"Elsinore " * 200 + b'"}'
    packed = await client.get(page, headers={"accept-encoding": "gzip"})
    plain = await client.get(page)
    refused = await client.get(page, headers={"accept-encoding": "gzip;q=0, identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in refused.headers
    assert packed.json() == plain.json() == refused.json()
    assert "accept-encoding" in plain.headers["vary"].lower()
    assert len(upstream.seen) <= 2
