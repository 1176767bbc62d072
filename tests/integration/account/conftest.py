"""An account service for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.account.elsinore import Elsinore, elsinore


@pytest.fixture
async def castle(tmp_path: Path) -> AsyncIterator[Elsinore]:
    async with elsinore(tmp_path) as up:
        yield up
