"""An etag changes with the resource and stops a blind change."""

from datetime import UTC, datetime, timedelta

import pytest

from mesh.errors import HamletError
from services.storage.etag import etag_of, require_etag

_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_an_etag_is_strong_and_quoted() -> None:
    tag = etag_of("id", 1)
    assert tag.startswith('"')
    assert tag.endswith('"')
    assert tag == etag_of("id", 1)


def test_an_etag_changes_with_each_of_its_parts() -> None:
    tags = {etag_of("id", 1), etag_of("id", 2), etag_of("i", "d1"), etag_of("id", _NOW)}
    tags.add(etag_of("id", _NOW + timedelta(microseconds=1)))
    assert len(tags) == 5


def test_a_stale_etag_is_refused_and_none_asks_for_no_check() -> None:
    current = etag_of("id", 2)
    require_etag("", current)
    require_etag(current, current)
    for stale in (etag_of("id", 1), f"W/{current}", current.strip('"')):
        with pytest.raises(HamletError, match="ETAG_MISMATCH"):
            require_etag(stale, current)
