"""The documentation page as a visitor's browser shows it."""

import struct
from pathlib import Path

import pytest

from tests.browser.screenshot import HEIGHT, WIDTH, take
from tests.e2e.running import Village

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser"), pytest.mark.timeout(300)]


def test_a_picture_of_the_docs_is_taken(village: Village) -> None:
    picture = Path(take(f"{village.url}/docs"))
    data = picture.read_bytes()
    picture.unlink()
    assert data.startswith(b"\x89PNG")
    assert struct.unpack(">II", data[16:24]) == (WIDTH, HEIGHT)
    assert len(data) > 20_000, "an empty page"
