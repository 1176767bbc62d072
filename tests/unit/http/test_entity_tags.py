"""Entity tags as RFC 9110 writes them."""

import pytest

from mesh.http.entity_tags import hashed, state_named


@pytest.mark.parametrize(
    ("header", "state"),
    [
        ('"5f1d"', '"5f1d"'),
        (' W/"5f1d" ', '"5f1d"'),
        ('""', '""'),
        ("5f1d", None),
        ('w/"5f1d"', None),
        ('"a" "b"', None),
        ('"a", "b"', None),
        ('"a b"', None),
        ("*", None),
        ("", None),
    ],
)
def test_a_single_tag_names_a_state_and_nothing_else_does(header: str, state: str | None) -> None:
    assert state_named(header) == state


def test_equal_answers_have_equal_tags_that_are_weak() -> None:
    assert hashed(b"a") == hashed(b"a") != hashed(b"b")
    assert hashed(b"a").startswith('W/"')
