"""The account service's schema, and its use cases on both databases."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.account.app import MIGRATIONS
from services.storage.database import Database
from tests.store.account.people import People


@pytest.fixture(scope="session")
def migrations() -> Path:
    return MIGRATIONS


@pytest.fixture
async def people(database: Database) -> AsyncIterator[People]:
    async with People.of(database) as made:
        yield made
