"""Features are the same everywhere, see through cheap disguises, and read nothing that they should not."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.comment import Comment
from model.features import COUNTS, Field, features
from model.ngrams import grams
from model.normalise import normalise, url_words

PLAIN = "cheap viagra casino"


def test_the_hash_never_changes_because_weights_depend_on_it() -> None:
    assert grams("spam", salt=0, bits=20).buckets.tolist() == [
        36631,
        535816,
        577938,
        35716,
        936283,
        185897,
        943136,
        973892,
        535299,
        412826,
    ]


@pytest.mark.parametrize(
    "disguised",
    [
        "CHEAP Viagra  Casino",
        "che\u200bap vi\u00adagra casino",
        "ch\u0435ap vi\u0430gra c\u0430sino",
        "\U0001d41c\U0001d421\U0001d41e\U0001d41a\U0001d429 viagra casino",
        "cheap <b>viagra</b> casino",
        "cheap viagra casino http://pills.example/buy?x=1",
        "cheap viagra [url=http://pills.example]casino[/url]",
        "cheap viagra [URL=http://pills.example - casino[/URL",
        "cheap viagra <a href=http://pills.example>casino</a>",
        "cheap viagra <a href='http://pills.example'>casino</a>",
    ],
)
def test_a_disguised_text_reads_as_the_plain_one(disguised: str) -> None:
    assert normalise(disguised).text.replace("- ", "") == PLAIN


def test_words_of_other_alphabets_are_left_alone() -> None:
    assert normalise("Спасибо за статью").text == "спасибо за статью"
    assert normalise("Спасибо за статью").disguised == 0


def test_links_and_addresses_are_counted_and_not_kept() -> None:
    normal = normalise("see http://a.example/x and www.b.example, mail jane@example.org")
    assert normal.urls == ("a.example/x", "b.example,")
    assert normal.emails == 1
    assert "jane" not in normal.text


def test_a_link_is_read_without_scheme_and_query() -> None:
    assert url_words("https://www.cheap-pills.example/buy/now?ref=1#top") == "cheap pills example buy now"


def test_a_comment_is_judged_without_who_and_where_its_sender_is() -> None:
    comment = Comment("Thanks for this", author_name="Jane")
    private = dataclasses.replace(
        comment, author_email="jane@example.org", ip="192.0.2.1", user_agent="curl", language="de", post_url="http://x"
    )
    one, other = features(comment, 16), features(private, 16)
    assert all(
        np.array_equal(mine.buckets, theirs.buckets) for mine, theirs in zip(one.fields, other.fields, strict=True)
    )
    assert np.array_equal(one.counts, other.counts)


def test_the_same_word_in_two_fields_is_two_features() -> None:
    seen = features(Comment("viagra", author_name="viagra"), 20)
    assert not set(seen.fields[Field.TEXT].buckets) & set(seen.fields[Field.AUTHOR_NAME].buckets)


@given(st.text(), st.integers(0, 8))
def test_every_ngram_has_a_bucket_a_value_and_a_word(text: str, salt: int) -> None:
    found = grams(text, salt, 12)
    assert len(found.buckets) == len(found.values) == len(found.tokens)
    assert np.all((found.buckets >= 0) & (found.buckets < 2**12))
    assert np.all((found.values > 0) & (found.values <= 1))
    assert not len(found.tokens) or found.tokens.max() < len(found.words)


@given(st.builds(Comment, text=st.text(), author_url=st.text(), post_title=st.text()))
def test_counts_stay_between_zero_and_one(comment: Comment) -> None:
    counts = features(comment, 12).counts
    assert counts.shape == (len(COUNTS),)
    assert np.all((counts >= 0) & (counts <= 1))
