"""The comment store's suite, on both databases."""

from pathlib import Path

import pytest

from services.comment.app import MIGRATIONS


@pytest.fixture(scope="session")
def migrations() -> Path:
    return MIGRATIONS
