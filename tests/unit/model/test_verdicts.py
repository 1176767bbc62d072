"""The shipped bundle judges what anybody would judge alike, and its reasons are its real contributions."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.bundle import Bundle
from model.comment import Comment
from model.engine import Engine, resolve_device
from model.errors import DeviceError
from model.verdict import Label

SPAM = Comment(
    "Cheap replica watches, best price http://replica-watches-outlet.example/buy, visit my site for viagra",
    author_name="Replica Watches",
    author_url="http://replica-watches-outlet.example",
)
HAM = Comment(
    "Thanks for writing this up. I ran into the same problem with deadlines last week: our retry policy kept the "
    "connection open long after the client had gone away. Have you measured how much the interceptor costs per call?",
    author_name="Jane Miller",
    post_title="Deadlines and retries in gRPC",
)
SPAMS = [
    SPAM,
    Comment("buy cialis online without prescription http://pills.example http://pills.example/cheap", "buy cialis"),
    Comment("Great post! [url=http://uggs.example]cheap uggs outlet[/url] louis vuitton handbags sale", "cheap uggs"),
    Comment("Play the best online casino and get a free bonus now: http://casino.example", "online casino"),
]
HAMS = [
    HAM,
    Comment("I disagree with the second point: SQLite in WAL mode lets readers go on while one writer works.", "Tom"),
    Comment(
        "We had the same bug. It turned out that the iterator was consumed twice, so the second loop saw nothing. "
        "Wrapping it in a list fixed it for us.",
        "Petra K.",
        author_url="http://petra.example",
    ),
]


@pytest.mark.parametrize("comment", SPAMS)
def test_commercial_blog_spam_is_spam(engine: Engine, comment: Comment) -> None:
    assert engine.classify([comment])[0].label is Label.SPAM


@pytest.mark.parametrize("comment", HAMS)
def test_a_thoughtful_comment_is_ham(engine: Engine, comment: Comment) -> None:
    assert engine.classify([comment])[0].label is Label.HAM


def test_disguised_letters_do_not_help(engine: Engine) -> None:
    disguised = Comment(
        SPAM.text.replace("a", "\u0430").replace("e", "\u200be"), SPAM.author_name, author_url=SPAM.author_url
    )
    verdict = engine.classify([disguised])[0]
    assert verdict.label is Label.SPAM


def test_a_batch_judges_as_one_by_one(engine: Engine) -> None:
    comments = [*SPAMS, *HAMS, Comment(""), Comment("ok")]
    together = engine.classify(comments)
    for comment, verdict in zip(comments, together, strict=True):
        alone = engine.classify([comment])[0]
        assert alone.label is verdict.label
        assert alone.probability == pytest.approx(verdict.probability, abs=1e-6)


def test_nothing_to_judge_is_no_verdict(engine: Engine) -> None:
    assert engine.classify([]) == []


@pytest.mark.parametrize("comment", [*SPAMS, *HAMS])
def test_the_reasons_add_up_to_the_log_odds(engine: Engine, comment: Comment) -> None:
    verdict = engine.classify([comment])[0]
    total = sum(reason.weight for reason in verdict.reasons)
    assert total == pytest.approx(math.log(verdict.probability / (1 - verdict.probability)), abs=1e-3)
    weights = [abs(reason.weight) for reason in verdict.reasons[:-1]]
    assert weights == sorted(weights, reverse=True)
    assert verdict.reasons[-1].code == "BASELINE"


def test_the_reasons_point_at_the_words_that_weighed(engine: Engine) -> None:
    reasons = {reason.code: reason for reason in engine.classify([SPAM])[0].reasons}
    assert {"viagra", "replica", "cheap"} & set(reasons["SPAM_WORDS"].evidence)
    assert reasons["AUTHOR_URL"].weight > 0
    assert reasons["LINKS"].weight > 0
    assert "AUTHOR_URL" not in {reason.code for reason in engine.classify([HAM])[0].reasons}


def test_taking_a_field_away_takes_exactly_its_reason_away(engine: Engine) -> None:
    named = engine.classify([Comment("Thanks for this", author_name="cheap viagra")])[0]
    anonymous = engine.classify([Comment("Thanks for this")])[0]
    name = next(reason.weight for reason in named.reasons if reason.code == "AUTHOR_NAME")
    difference = _log_odds(named.probability) - _log_odds(anonymous.probability)
    assert difference == pytest.approx(name, abs=1e-4)


def test_a_verdict_names_its_model(engine: Engine, shipped: Bundle) -> None:
    assert engine.classify([HAM])[0].model_version == shipped.version


@settings(deadline=None)
@given(st.builds(Comment, text=st.text(), author_name=st.text(), author_url=st.text(), post_title=st.text()))
def test_any_unicode_gets_a_finite_probability(engine: Engine, comment: Comment) -> None:
    verdict = engine.classify([comment])[0]
    assert 0.0 < verdict.probability < 1.0
    assert all(math.isfinite(reason.weight) for reason in verdict.reasons)
    assert len(verdict.reasons) <= 16
    assert all(len(part) <= 100 for reason in verdict.reasons for part in reason.evidence)


@pytest.mark.parametrize(
    "text", ["[" * 20_000, "<a " * 7_000, "http://" * 3_000, "a@" * 10_000, "\u0301" * 20_000, "{url" * 5_000]
)
def test_hostile_text_is_judged_in_time(engine: Engine, text: str) -> None:
    assert engine.classify([Comment(text)])[0].probability > 0


def test_the_device_is_the_one_asked_for() -> None:
    assert resolve_device("cpu").type == "cpu"


@pytest.mark.parametrize("name", ["tpu", "cuda:x", "cuda:99", "", "CPU", "cuda:-1", "cuda:"])
def test_a_device_that_does_not_exist_is_a_clear_error(name: str) -> None:
    with pytest.raises(DeviceError):
        resolve_device(name)


def _log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))
