"""The edge explains itself: the contracts as OpenAPI, and a page that reads well with neither network nor script."""

from collections.abc import AsyncIterator
from dataclasses import replace
from importlib import resources
from typing import Any

import httpx
import pytest
import pytest_asyncio

from mesh.edge import EdgeSettings, Village
from mesh.edge.documents import contract_documents
from mesh.testing.envoy import RunningEdge, running_edge

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

PAGES = {"/openapi.json": "openapi.json", "/docs": "docs.html"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def documented(session_village: Village, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningEdge]:
    village = replace(session_village, documents=contract_documents())
    async with running_edge(village, tmp_path_factory.mktemp("edge"), EdgeSettings(concurrency=1)) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def pages(documented: RunningEdge, stage: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=documented.url) as client:
        yield client


@pytest.mark.parametrize(("path", "content_type"), [("/openapi.json", "application/json"), ("/docs", "text/html")])
async def test_a_page_is_what_the_stubs_bring_along(pages: httpx.AsyncClient, path: str, content_type: str) -> None:
    answer = await pages.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].split(";")[0] == content_type
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.content == resources.files("hamlet").joinpath(PAGES[path]).read_bytes()


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_that_did_not_change_is_not_sent_again(pages: httpx.AsyncClient, path: str) -> None:
    etag = (await pages.get(path)).headers["etag"]
    assert etag.startswith('"'), "a strong tag"
    again = await pages.get(path, headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_read_only_and_needs_no_token(pages: httpx.AsyncClient, path: str) -> None:
    answer = await pages.put(path, json={})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    asked, read = await pages.head(path), await pages.get(path)
    assert (asked.status_code, asked.content) == (200, b"")
    assert asked.headers["etag"] == read.headers["etag"]
    assert (await pages.get(f"{path}/more")).status_code == 404


async def test_the_page_may_do_nothing_but_use_its_own_style(pages: httpx.AsyncClient) -> None:
    policy = (await pages.get("/docs")).headers["content-security-policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert {rules[name] for name in ("default-src", "base-uri", "form-action", "frame-ancestors")} == {"'none'"}
    assert "unsafe" not in policy
    assert "script-src" not in rules
    assert all(source.startswith("'sha256-") for source in rules["style-src"].split())
