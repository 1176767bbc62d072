"""One question upstream however many ask, and nothing older than the contract's two seconds, at any alignment."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from mesh.edge.cache import CachedRoute
from mesh.edge.doors import REST_SOCKET
from mesh.testing.cache import running_cache
from tests.integration.edge_cache.upstream import Upstream

pytestmark = pytest.mark.slow

POLICY = "public, max-age=0, s-maxage=1, stale-while-revalidate=1"
PAGE = "/v1/posts/viral"
READERS = 20
PROMISED_SECONDS = 2.0


@pytest.fixture
def origin() -> Upstream:
    """Answers with the number of the edit that it has seen."""
    return Upstream(headers=[("cache-control", POLICY)], body=b"0")


@pytest_asyncio.fixture
async def reader(origin: Upstream, routes: list[CachedRoute], folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    server = await asyncio.start_unix_server(origin.serve, folder / REST_SOCKET)
    async with (
        server,
        running_cache(routes, folder) as cache,
        httpx.AsyncClient(base_url=f"http://{cache.address}", timeout=10) as client,
    ):
        yield client


async def until_second_begins(after: float = 0.0) -> None:
    """nginx counts whole seconds, so where in one a test begins is part of the test."""
    await asyncio.sleep((after - time.time()) % 1.0)


async def read_until(client: httpx.AsyncClient, end: float, seen: list[tuple[float, int]]) -> None:
    while time.monotonic() < end:
        asked = time.monotonic()
        answer = await client.get(PAGE)
        assert answer.status_code == 200
        seen.append((asked, int(answer.text)))


@pytest.mark.parametrize(("begin", "delay"), [(0.0, 0.005), (0.97, 0.005), (0.5, 0.7)])
async def test_an_edit_shows_within_two_seconds_under_load(
    reader: httpx.AsyncClient, origin: Upstream, begin: float, delay: float
) -> None:
    """The worst case: an answer is fetched, and the next moment it is old."""
    await until_second_begins(begin)
    await reader.get(PAGE)
    origin.body, edited, origin.delay = b"1", time.monotonic(), delay
    seen: list[tuple[float, int]] = []
    end = edited + PROMISED_SECONDS + delay + 0.3
    await asyncio.gather(*(read_until(reader, end, seen) for _ in range(READERS)))
    assert [at - edited for at, edit in seen if edit == 0 and at > edited + PROMISED_SECONDS] == []
    assert 1 in {edit for _, edit in seen}


@pytest.mark.parametrize("delay", [0.2, 0.7])
async def test_many_who_ask_for_a_new_page_at_once_are_one_question_a_second(
    reader: httpx.AsyncClient, origin: Upstream, delay: float
) -> None:
    origin.delay, began = delay, time.time()
    answers = await asyncio.gather(*(reader.get(PAGE) for _ in range(50)))
    assert {answer.text for answer in answers} == {"0"}
    assert len(origin.seen) <= 1 + int(time.time()) - int(began)


async def test_many_who_ask_for_a_page_that_was_kept_too_long_are_one_question_a_second(
    reader: httpx.AsyncClient, origin: Upstream
) -> None:
    """nginx alone would let every one of them through."""
    await until_second_begins()
    await reader.get(PAGE)
    origin.delay, origin.body = 0.2, b"1"
    await asyncio.sleep(PROMISED_SECONDS)
    await until_second_begins(0.1)
    origin.seen.clear()
    began = time.time()
    answers = await asyncio.gather(*(reader.get(PAGE) for _ in range(50)))
    assert {answer.text for answer in answers} == {"1"}
    assert len(origin.seen) <= 1 + int(time.time()) - int(began)


async def test_a_page_under_load_costs_about_one_question_a_second(reader: httpx.AsyncClient, origin: Upstream) -> None:
    seconds = 3.0
    seen: list[tuple[float, int]] = []
    await asyncio.gather(*(read_until(reader, time.monotonic() + seconds, seen) for _ in range(READERS)))
    assert len(origin.seen) <= seconds + 2
    assert len(seen) > 2 * len(origin.seen)


async def test_a_page_that_is_not_there_is_one_question_a_second_and_there_two_seconds_after_it_is(
    reader: httpx.AsyncClient, origin: Upstream
) -> None:
    origin.status, origin.delay = 404, 0.2
    await until_second_begins(0.9)
    began = time.time()
    answers = await asyncio.gather(*(reader.get(PAGE) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {404}
    assert len(origin.seen) <= 1 + int(time.time()) - int(began)
    origin.status, published = 200, time.monotonic()
    asked = published
    while (await reader.get(PAGE)).status_code == 404:
        assert asked < published + PROMISED_SECONDS
        asked = time.monotonic()


async def test_two_encodings_of_one_page_are_one_question(reader: httpx.AsyncClient, origin: Upstream) -> None:
    origin.body = b"1" * 2000
    await until_second_begins()
    await asyncio.gather(*(reader.get(PAGE, headers={"accept-encoding": name}) for name in ("gzip", "identity")))
    assert len(origin.seen) == 1


async def test_while_the_upstream_is_away_an_answer_lives_as_long_as_it_may_and_no_longer(
    reader: httpx.AsyncClient, origin: Upstream, folder: Path
) -> None:
    await until_second_begins()
    kept = time.monotonic()
    await reader.get(PAGE)
    (folder / REST_SOCKET).unlink()
    origin.status = 0
    while (answer := await reader.get(PAGE)).status_code == 200:
        assert time.monotonic() < kept + PROMISED_SECONDS + 0.3
    assert answer.status_code == 503
    assert answer.json()["details"][0]["reason"] == "UNAVAILABLE"
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"
