"""A village for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.comment.village import Village, village


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Village]:
    async with village(tmp_path) as up:
        yield up
