"""The storage suite is the suite of a small service, whose tables are in `notes.py`."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def migrations() -> Path:
    return Path(__file__).parent / "migrations"
