"""A browser, a careless frontend's web server and a village whose front door it may call."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import chromium, executable
from tests.browser.pages import Pages, pages
from tests.e2e.running import Village, end, start
from tests.security.browser.careless_frontend import page_of_it


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def frontend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    folder = tmp_path_factory.mktemp("frontend")
    (folder / "careless.html").write_text(page_of_it())
    with pages(folder) as serving:
        yield serving


@pytest.fixture(scope="session")
def village(frontend: Pages, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    """Started only where there is a browser."""
    executable()
    home = tmp_path_factory.mktemp("village")
    running = start(home, "--no-demo", environment={"HAMLET_EDGE_ALLOWED_ORIGINS": frontend.origin})
    yield running
    end(running)
