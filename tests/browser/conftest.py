"""A browser, a frontend's own web server, and a village whose front door its pages may call."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import chromium
from tests.browser.pages import Pages, pages
from tests.e2e.running import Village, end, start


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def frontend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with pages(tmp_path_factory.mktemp("frontend")) as serving:
        yield serving


@pytest.fixture(scope="session")
def village(frontend: Pages, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    home = tmp_path_factory.mktemp("village")
    running = start(home, "--no-demo", environment={"HAMLET_EDGE_ALLOWED_ORIGINS": frontend.origin})
    yield running
    end(running)
