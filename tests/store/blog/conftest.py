"""The blog's schema for its store tests."""

from pathlib import Path

import pytest

from services.blog.app import MIGRATIONS


@pytest.fixture(scope="session")
def migrations() -> Path:
    return MIGRATIONS
