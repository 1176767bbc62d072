"""What becomes of a comment."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mesh.errors import HamletError
from services.comment.domain.comment import Comment, Decision, Label, Shown, State, Verdict
from services.comment.domain.lifecycle import deleted, edited, erased, judged, moderated, require_editable
from services.comment.domain.viewer import READER, Viewer

_NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
_LATER = _NOW + timedelta(minutes=1)
_COMMENT = Comment(
    id="c",
    post_id="p",
    parent_id="",
    path="c",
    depth=0,
    author_id="a",
    author_name="Ophelia",
    author_email="o@brook.example",
    author_url="https://brook.example",
    ip="192.0.2.1",
    user_agent="agent",
    text="text",
    text_html="<p>text</p>",
    state=State.PENDING,
    decision=Decision.NONE,
    verdict=None,
    revision=1,
    version=1,
    shown=Shown.NOTHING,
    created_at=_NOW,
    updated_at=_NOW,
    text_at=_NOW,
    address_until=_LATER,
    text_until=None,
)


def _verdict(label: Label) -> Verdict:
    return Verdict(label, 0.5)


@pytest.mark.parametrize(
    ("label", "state"),
    [(Label.HAM, State.VISIBLE), (Label.UNSURE, State.HELD), (Label.SPAM, State.REJECTED)],
)
def test_a_verdict_decides_about_a_comment_that_waits(label: Label, state: State) -> None:
    after = judged(_COMMENT, _verdict(label), 1, _LATER)
    assert (after.state, after.decision, after.version, after.updated_at) == (state, Decision.FILTER, 2, _LATER)


def test_a_verdict_about_another_text_changes_nothing() -> None:
    assert judged(_COMMENT, _verdict(Label.SPAM), 2, _LATER) is _COMMENT


def test_a_verdict_does_not_touch_what_was_decided_or_deleted() -> None:
    for decided in (
        moderated(_COMMENT, approve=True, now=_NOW),
        moderated(_COMMENT, approve=False, now=_NOW),
        judged(_COMMENT, _verdict(Label.HAM), 1, _NOW),
        deleted(_COMMENT, _NOW, timedelta(days=1)),
    ):
        assert judged(decided, _verdict(Label.UNSURE), 1, _LATER) is decided


def test_deciding_the_same_twice_changes_nothing() -> None:
    decided = moderated(_COMMENT, approve=True, now=_NOW)
    assert moderated(decided, approve=True, now=_LATER) is decided
    assert moderated(decided, approve=False, now=_LATER).state is State.REJECTED


def test_an_edit_waits_for_a_new_verdict_even_after_an_approval() -> None:
    approved = moderated(judged(_COMMENT, _verdict(Label.UNSURE), 1, _NOW), approve=True, now=_NOW)
    after = edited(approved, "new", "<p>new</p>", _LATER)
    assert (after.state, after.decision, after.verdict) == (State.PENDING, Decision.NONE, None)
    assert (after.text, after.revision, after.text_at, after.created_at) == ("new", 2, _LATER, _NOW)


def test_a_rejection_by_a_person_survives_an_edit_and_one_by_the_filter_does_not() -> None:
    by_person = edited(moderated(_COMMENT, approve=False, now=_NOW), "new", "", _LATER)
    assert (by_person.state, by_person.decision) == (State.REJECTED, Decision.MODERATOR)
    by_filter = edited(judged(_COMMENT, _verdict(Label.SPAM), 1, _NOW), "new", "", _LATER)
    assert by_filter.state is State.PENDING


def test_the_edit_window_ends_to_the_microsecond() -> None:
    window = timedelta(minutes=15)
    require_editable(_COMMENT, _NOW + window - timedelta(microseconds=1), window)
    with pytest.raises(HamletError, match="EDIT_WINDOW_CLOSED"):
        require_editable(_COMMENT, _NOW + window, window)
    with pytest.raises(HamletError, match="COMMENT_NOT_FOUND"):
        require_editable(deleted(_COMMENT, _NOW, window), _NOW, window)


def test_an_erased_comment_holds_nothing_of_its_author() -> None:
    after = erased(replace(_COMMENT, verdict=_verdict(Label.HAM)), _LATER)
    assert after.state is State.DELETED
    given = (after.author_id, after.author_name, after.author_email, after.author_url, after.ip, after.user_agent)
    assert not any((*given, after.text, after.text_html, after.verdict, after.address_until))
    assert (after.path, after.created_at) == (_COMMENT.path, _NOW)


def test_a_comments_representation_in_a_log_holds_nothing_personal() -> None:
    for personal in (_COMMENT.author_email, _COMMENT.author_url, _COMMENT.ip, "text='text'"):
        assert personal not in repr(_COMMENT)


def test_who_sees_what() -> None:
    shown = replace(_COMMENT, shown=Shown.WHOLE)
    author, moderator, other = Viewer("a"), Viewer("m", moderator=True), Viewer("o")
    assert [viewer.sees(shown) for viewer in (author, moderator, other, READER)] == [True] * 4
    assert [viewer.sees(_COMMENT) for viewer in (author, moderator, other, READER)] == [True, True, False, False]
    assert [viewer.sees_verdict(shown) for viewer in (author, moderator, other, READER)] == [True, True, False, False]
    assert not READER.sees(replace(_COMMENT, author_id=""))
