"""Paths sort into thread order, and what is hidden hides what is below it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh.errors import HamletError
from services.comment.domain.comment import Shown, State, Unjudged
from services.comment.domain.draft import Draft, require_text, signed
from services.comment.domain.thread import after_replies, depth_of_reply, paths_above, reply_path
from services.comment.domain.visibility import EventType, Member, event_between, hides_replies, shown_in
from services.storage.ids import uuid7

_PARENTS = st.lists(st.integers(min_value=0), min_size=1, max_size=25)
_STATES = st.lists(st.sampled_from(list(State)), min_size=25, max_size=25)


def _paths(parents: list[int]) -> dict[str, str]:
    """Path -> path of the parent, "" at the top, of comments written one after the other."""
    made: dict[str, str] = {}
    for number in parents:
        known = ["", *made]
        parent = known[number % len(known)]
        made[reply_path(parent, uuid7())] = parent
    return made


def _preorder(parent: str, made: dict[str, str]) -> list[str]:
    found: list[str] = []
    for path, above in made.items():
        if above == parent:
            found += [path, *_preorder(path, made)]
    return found


@given(_PARENTS)
def test_paths_sort_each_comment_before_its_replies_and_siblings_by_time(parents: list[int]) -> None:
    made = _paths(parents)
    assert sorted(made) == _preorder("", made)


@given(_PARENTS)
def test_what_is_below_a_comment_is_one_range_of_paths(parents: list[int]) -> None:
    made = _paths(parents)
    for path in made:
        in_range = {each for each in made if path < each < after_replies(path)}
        assert in_range == set(_preorder(path, made))
        assert paths_above(path) == sorted(each for each in made if each != path and path.startswith(each))


@given(_PARENTS, _STATES, st.sampled_from(list(Unjudged)))
def test_readers_see_a_comment_only_if_nothing_above_it_is_hidden(
    parents: list[int], states: list[State], unjudged: Unjudged
) -> None:
    made = _paths([0, *(number + 1 for number in parents)])
    thread = [path for path in sorted(made) if path.startswith(min(made))]
    state = dict(zip(made, [*states, *states], strict=False))
    members = [Member(path, path, state[path], Shown.NOTHING) for path in thread]
    shown = dict(zip(thread, shown_in(members, hidden=False, unjudged=unjudged), strict=True))
    for path in thread:
        hidden = any(hides_replies(state[each], unjudged) for each in (*paths_above(path), path))
        whole_below = any(shown[each] is Shown.WHOLE for each in thread if each != path and each.startswith(path))
        if state[path] is State.DELETED:
            assert shown[path] is (Shown.PLACE if whole_below else Shown.NOTHING)
        else:
            assert shown[path] is (Shown.NOTHING if hidden else Shown.WHOLE)
    assert set(shown_in(members, hidden=True, unjudged=unjudged)) == {Shown.NOTHING}


def test_readers_are_told_of_what_appears_changes_and_disappears() -> None:
    nothing, place, whole = Shown.NOTHING, Shown.PLACE, Shown.WHOLE
    assert event_between(nothing, whole, text_changed=True) is EventType.APPEARED
    assert event_between(whole, place, text_changed=False) is EventType.DISAPPEARED
    assert event_between(whole, whole, text_changed=True) is EventType.CHANGED
    assert event_between(whole, whole, text_changed=False) is None
    assert event_between(nothing, place, text_changed=True) is None


def test_the_deepest_comment_takes_no_reply() -> None:
    assert depth_of_reply(7, 8) == 8
    with pytest.raises(HamletError, match="THREAD_TOO_DEEP"):
        depth_of_reply(8, 8)


def test_an_account_signs_with_its_own_name_and_leaves_no_address() -> None:
    draft = Draft("", "Somebody else", "a@b.example", "https://b.example", "text")
    assert signed(draft, "Ophelia") == Draft("", "Ophelia", "", "https://b.example", "text")
    assert signed(draft, None) == draft


@pytest.mark.parametrize("text", ["", " \n\t", "a\x00b"])
def test_a_text_without_words_or_with_nul_is_refused(text: str) -> None:
    with pytest.raises(HamletError, match="INVALID_REQUEST"):
        require_text(text)


@pytest.mark.parametrize("name", ["", "  ", "a\x00b"])
def test_a_guest_without_a_name_is_refused(name: str) -> None:
    with pytest.raises(HamletError, match="INVALID_REQUEST"):
        signed(Draft("", name, "", "", "text"), None)
