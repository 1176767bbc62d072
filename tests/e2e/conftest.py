"""A village for the tests that share one."""

from collections.abc import Iterator

import pytest

from tests.e2e.running import Village, end, start


@pytest.fixture(scope="session")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    """One village for all tests that leave it as they found it, with the demo in it."""
    running = start(tmp_path_factory.mktemp("village"))
    yield running
    end(running)
