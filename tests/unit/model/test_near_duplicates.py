"""Near-duplicates are found and never lie on two sides of a split."""

import random

from hypothesis import given
from hypothesis import strategies as st

from model.data.duplicates import near_duplicates
from model.data.spintax import spin
from model.data.split import Part, split

POST = (
    "I have been browsing online more than three hours today yet I never found any interesting article like yours "
    "it is pretty worth enough for me and in my opinion if all webmasters and bloggers made good content as you did "
    "the internet will be much more useful than ever before and I will certainly be back"
)
OTHER = (
    "The retry policy only applies to idempotent methods because the server cannot know whether the first attempt "
    "was committed before the connection broke which is why we send a request id along with every write"
)


def test_a_text_with_one_word_changed_is_a_near_duplicate() -> None:
    assert near_duplicates([POST, OTHER, POST.replace("three", "four")]) == [0, 1, 0]


def test_case_links_and_disguises_do_not_hide_a_copy() -> None:
    assert near_duplicates([POST, POST.upper() + " http://spam.example", POST.replace("a", "\u0430")]) == [0, 0, 0]


def test_short_texts_are_duplicates_only_if_they_are_the_same() -> None:
    assert near_duplicates(["Nice post!", "nice post", "nice one", "😂😂", "😂", ""]) == [0, 0, 2, 3, 4, 5]


def test_near_duplicates_never_cross_a_split() -> None:
    template = POST.replace("three", "{two|three|four|five}").replace("interesting", "{useful|interesting|good}")
    chooser = random.Random(1)
    texts = [spin(template, chooser) for _ in range(50)] + [OTHER]
    assert len(set(split(texts)[:50])) == 1


def test_a_split_is_the_same_every_time_and_has_the_promised_shares() -> None:
    letters = random.Random(1)
    texts = [" ".join("".join(letters.choices("abcdefgh", k=5)) for _ in range(6)) for _ in range(2_000)]
    parts = split(texts)
    assert parts == split(texts)
    assert abs(parts.count(Part.TRAIN) / 2_000 - 0.70) < 0.05
    assert abs(parts.count(Part.TEST) / 2_000 - 0.15) < 0.05


@given(
    st.recursive(
        st.sampled_from(["a", "b c", ""]),
        lambda inner: st.lists(inner, min_size=1).map(lambda options: "{" + "|".join(options) + "}"),
        max_leaves=8,
    )
)
def test_a_spun_text_has_no_choice_left(template: str) -> None:
    assert not set("{|}") & set(spin(template, random.Random(0)))
