"""RFC 9110 and 9111 as readers use them: validators, HEAD, ranges, and what a browser is told."""

import httpx
import pytest

from tests.integration.edge_cache.upstream import ORIGIN, Upstream

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

OF_BROWSERS = "public, max-age=0, must-revalidate"


@pytest.mark.parametrize("validator", ['"one"', 'W/"one"', '"zero", "one"', "*"])
async def test_who_has_the_page_already_hears_304_from_the_cache(
    client: httpx.AsyncClient, upstream: Upstream, page: str, validator: str
) -> None:
    await client.get(page)
    answer = await client.get(page, headers={"if-none-match": validator})
    assert (answer.status_code, answer.content) == (304, b"")
    assert (answer.headers["x-cache"], answer.headers["etag"]) == ("HIT", '"one"')
    assert answer.headers["cache-control"] == OF_BROWSERS
    assert len(upstream.seen) == 1


async def test_who_has_the_packed_page_hears_304_too(client: httpx.AsyncClient, upstream: Upstream, page: str) -> None:
    upstream.body = b"[" + b"1, " * 500 + b"1]"
    packed = {"accept-encoding": "gzip"}
    etag = (await client.get(page, headers=packed)).headers["etag"]
    assert etag == 'W/"one"'
    assert (await client.get(page, headers={**packed, "if-none-match": etag})).status_code == 304
    assert (await client.get(page, headers={"if-none-match": etag})).status_code == 304


async def test_the_first_asker_may_hear_304_and_the_page_is_kept_whole(
    client: httpx.AsyncClient, upstream: Upstream, page: str
) -> None:
    first = await client.get(page, headers={"if-none-match": '"one"'})
    assert (first.status_code, first.headers["x-cache"]) == (304, "MISS")
    assert (await client.get(page)).json() == {"title": "Elsinore"}
    assert len(upstream.seen) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"cache-control": "no-cache"},
        {"cache-control": "no-store, max-age=0"},
        {"pragma": "no-cache"},
        {"if-none-match": '"other"'},
        {"if-modified-since": "Thu, 01 Jan 2026 00:00:00 GMT"},
        {"range": "bytes=0-3"},
        {"if-range": '"one"', "range": "bytes=0-3"},
        {"cookie": "a=b"},
        {"expect": "100-continue"},
        {"content-length": "0"},
    ],
    ids=str,
)
async def test_no_header_leads_around_the_cache(
    client: httpx.AsyncClient, upstream: Upstream, page: str, headers: dict[str, str]
) -> None:
    await client.get(page)
    answer = await client.get(page, headers=headers)
    assert (answer.status_code, answer.headers["x-cache"]) == (200, "HIT")
    assert answer.json() == {"title": "Elsinore"}
    assert len(upstream.seen) == 1


async def test_a_head_is_answered_from_the_same_entry(client: httpx.AsyncClient, upstream: Upstream, page: str) -> None:
    first = await client.head(page)
    second = await client.get(page)
    third = await client.head(page)
    assert [each.headers["x-cache"] for each in (first, second, third)] == ["MISS", "HIT", "HIT"]
    assert third.content == b""
    assert third.headers["content-length"] == str(len(upstream.body))
    assert [each.method for each in upstream.seen] == ["GET"]


async def test_a_condition_that_fails_is_the_one_error_shape(
    client: httpx.AsyncClient, upstream: Upstream, page: str
) -> None:
    await client.get(page)
    answer = await client.get(page, headers={"if-match": '"other"'})
    assert answer.status_code == 412
    assert answer.json()["details"][0]["reason"] == "ETAG_MISMATCH"


async def test_a_browser_keeps_nothing_without_asking_and_a_cdn_is_told_more(
    client: httpx.AsyncClient, upstream: Upstream, page: str
) -> None:
    upstream.headers += [("surrogate-control", "max-age=1"), ("surrogate-key", "post/1")]
    await client.get(page)
    answer = await client.get(page)
    assert answer.headers["cache-control"] == OF_BROWSERS
    assert (answer.headers["surrogate-control"], answer.headers["surrogate-key"]) == ("max-age=1", "post/1")
    assert answer.headers["server"] == "hamlet"


async def test_pages_of_listed_origins_may_read_what_is_kept_and_others_may_not(
    client: httpx.AsyncClient, upstream: Upstream, page: str
) -> None:
    await client.get(page, headers={"origin": "https://evil.example"})
    listed = await client.get(page, headers={"origin": ORIGIN})
    other = await client.get(page, headers={"origin": "https://evil.example"})
    assert listed.headers["access-control-allow-origin"] == ORIGIN
    assert "etag" in listed.headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in other.headers
    assert all("origin" in each.headers["vary"].lower() for each in (listed, other))
    assert len(upstream.seen) == 1
