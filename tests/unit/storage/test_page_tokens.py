"""A page token comes back as it was, or is refused as the caller's fault."""

from datetime import UTC, datetime

import pytest
from hamlet.blog.v1.post_reading_service_pb2 import ListPostsRequest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesh.errors import HamletError
from services.storage import page_token
from services.storage.paging import page_size, query_fingerprint

_VALUES = st.lists(
    st.text(max_size=20)
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.datetimes(timezones=st.just(UTC)),
    min_size=1,
    max_size=3,
)
_QUERY = b"q" * 32


@settings(derandomize=True)
@given(values=_VALUES)
def test_a_token_holds_the_key_exactly(values: list[object]) -> None:
    decoded = page_token.decode(page_token.encode(values, _QUERY), _QUERY, len(values))
    assert decoded == values
    assert [type(value) for value in decoded] == [type(value) for value in values]


@settings(derandomize=True)
@given(position=st.integers(0, 10_000), character=st.sampled_from("AQgw_-+/= é\n"))
def test_a_token_altered_anywhere_is_refused(position: int, character: str) -> None:
    token = page_token.encode([datetime(2026, 1, 1, tzinfo=UTC), "id"], _QUERY)
    position %= len(token)
    altered = token[:position] + character + token[position + 1 :]
    if altered != token:
        with pytest.raises(HamletError, match="INVALID_PAGE_TOKEN"):
            page_token.decode(altered, _QUERY, 2)


@settings(derandomize=True)
@given(token=st.text(max_size=80))
def test_any_other_text_is_refused(token: str) -> None:
    with pytest.raises(HamletError, match="INVALID_PAGE_TOKEN"):
        page_token.decode(token, _QUERY, 1)


def test_a_token_is_bound_to_its_query_and_width() -> None:
    token = page_token.encode(["id"], _QUERY)
    for query, width in ((b"other", 1), (_QUERY, 2)):
        with pytest.raises(HamletError, match="INVALID_PAGE_TOKEN"):
            page_token.decode(token, query, width)


@pytest.mark.parametrize("value", [None, True, b"bytes"])
def test_a_value_that_cannot_order_rows_is_a_programming_error(value: object) -> None:
    with pytest.raises(TypeError):
        page_token.encode([value], _QUERY)


def test_the_size_of_a_page_may_change_on_the_way_but_nothing_else() -> None:
    first = query_fingerprint(ListPostsRequest(tag="a", page_size=5))
    assert query_fingerprint(ListPostsRequest(tag="a", page_size=9, page_token="x")) == first
    assert query_fingerprint(ListPostsRequest(tag="b", page_size=5)) != first


def test_a_page_has_a_default_and_a_greatest_size() -> None:
    assert [page_size(0), page_size(7), page_size(1000)] == [20, 7, 100]
