"""What makes an entry: the path and what the contract declares, in one spelling; nothing that a stranger makes up."""

import httpx
import pytest

from tests.integration.edge_cache.upstream import Upstream

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

LIST = "/v1/posts"


async def asked(client: httpx.AsyncClient, target: str, **headers: str) -> str:
    return (await client.get(target, headers=headers)).headers["x-cache"]


async def test_a_second_reader_is_answered_from_the_cache(
    client: httpx.AsyncClient, upstream: Upstream, page: str
) -> None:
    first, second = await client.get(page), await client.get(page)
    assert (first.headers["x-cache"], second.headers["x-cache"]) == ("MISS", "HIT")
    assert first.json() == second.json() == {"title": "Elsinore"}
    assert len(upstream.seen) == 1


async def test_all_spellings_of_one_question_are_one_entry_and_go_upstream_in_one(
    client: httpx.AsyncClient, upstream: Upstream
) -> None:
    await client.get(f"{LIST}?tag=one&page_size=20&authorId=a")
    for same in ("author_id=a&pageSize=20&tag=one", "pageSize=20&authorId=a&tag=one"):
        assert await asked(client, f"{LIST}?{same}") == "HIT"
    assert await asked(client, f"{LIST}?tag=one&pageSize=20&authorId=a", host="elsewhere.example") == "HIT"
    assert [each.target for each in upstream.seen] == [f"{LIST}?pageSize=20&authorId=a&tag=one"]


async def test_a_path_in_another_spelling_is_the_same_entry(
    client: httpx.AsyncClient, upstream: Upstream, page: str
) -> None:
    await client.get(page)
    for same in (page.replace("page", "%70age"), page.replace("/posts/", "//posts/x/../"), f"{page}?"):
        assert (await client.request("GET", httpx.URL(client.base_url, raw_path=same.encode()))).headers[
            "x-cache"
        ] == "HIT"
    assert [each.target for each in upstream.seen] == [page]


@pytest.mark.parametrize(
    "query",
    [
        "x=1",
        "x",
        "pageSize=20&x=1",
        "PageSize=20",
        "page%53ize=20",
        "pageSize=20&pageSize=20",
        "pageSize=20&page_size=21",
        "pageSize=020",
        "pageSize=",
        "pageSize=2%30",
        "tag=%6f",
        "tag=a%2fb",
        "tag=a+b",
        "tag=a;pageSize=1",
        "state=post_state_draft",
        "state=2",
        "&tag=a",
        "tag=a&",
        "tag=a&&pageSize=1",
        "tag=a?x",
        "post.title=x",
        "&".join(["tag=a"] * 500),
    ],
)
async def test_what_the_contract_does_not_declare_goes_past_as_it_came(
    client: httpx.AsyncClient, upstream: Upstream, query: str
) -> None:
    """Envoy refuses it or not; either way no entry was made."""
    for _ in range(2):
        assert await asked(client, f"{LIST}?{query}") == "BYPASS"
    assert [each.target for each in upstream.seen] == [f"{LIST}?{query}"] * 2


@pytest.mark.parametrize("query", ["tag=a%20b", "tag=%C3%A9t%C3%A9", "state=POST_STATE_DRAFT", "pageToken=aZ0._~-"])
async def test_values_in_their_one_spelling_are_kept(client: httpx.AsyncClient, upstream: Upstream, query: str) -> None:
    assert [await asked(client, f"{LIST}?{query}") for _ in range(2)] == ["MISS", "HIT"]
    assert upstream.seen[0].target == f"{LIST}?{query}"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/posts/a%20b",
        "/v1/posts/a%2Fcomments",
        "/v1/posts/a%3Fx=1",
        "/v1/posts/",
        "/v1/posts/a/revisions",
        "/v1/posts/a:export",
        "/v1/posts%20pageSize=1",
        "/V1/posts/a",
    ],
)
async def test_other_paths_go_past_as_they_came(client: httpx.AsyncClient, upstream: Upstream, path: str) -> None:
    for _ in range(2):
        answer = await client.request("GET", httpx.URL(client.base_url, raw_path=path.encode()))
        assert answer.headers["x-cache"] == "BYPASS"
    assert [each.target for each in upstream.seen] == [path] * 2


async def test_a_refusal_of_a_made_up_question_does_not_poison_the_real_one(
    client: httpx.AsyncClient, upstream: Upstream, page: str
) -> None:
    upstream.status, upstream.body = 400, b"{}"
    assert (await client.get(f"{page}?x=1")).status_code == 400
    upstream.status = 200
    assert (await client.get(page)).headers["x-cache"] == "MISS"
    upstream.status = 400
    assert (await client.get(page)).status_code == 200


async def test_nothing_of_the_one_who_asks_goes_upstream_but_the_address(
    client: httpx.AsyncClient, upstream: Upstream, page: str
) -> None:
    made_up = {
        "cookie": "session=1",
        "origin": "https://evil.example",
        "accept": "text/html",
        "accept-language": "da",
        "accept-encoding": "br, gzip",
        "range": "bytes=0-1",
        "if-none-match": '"x"',
        "x-forwarded-host": "evil.example",
        "x-http-method-override": "DELETE",
        "forwarded": "for=1.2.3.4",
        "content-type": "text/evil",
        "user-agent": "evil",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "x-edge-second": "1",
        "x-forwarded-for": "203.0.113.7",
    }
    await client.request("GET", page, headers=made_up, content=b"body")
    ours = {"host": "hamlet", "x-edge-shared": "1"}
    assert upstream.seen[0].headers == {**ours, "x-forwarded-for": "203.0.113.7, 127.0.0.1"}
    assert upstream.seen[0].body == b""
