"""What readers see of a thread.

A comment that readers may not see hides its replies with it, however they were judged: an answer to something that
cannot be read gives away what it said. A deleted comment hides nothing: it keeps its place as long as there is a
visible reply below it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from services.comment.domain.comment import Shown, State, Unjudged

__all__ = ["EventType", "Member", "event_between", "hides_replies", "shown_in"]


@dataclass(frozen=True, slots=True)
class Member:
    """One comment of a thread, with what readers see of it so far."""

    id: str
    path: str
    state: State
    shown: Shown

    @property
    def is_deleted(self) -> bool:
        return self.state is State.DELETED


class EventType(IntEnum):
    """The numbers are those of the contract and of the database."""

    APPEARED = 1
    CHANGED = 2
    DISAPPEARED = 3


def hides_replies(state: State, unjudged: Unjudged) -> bool:
    if state is State.PENDING:
        return unjudged is Unjudged.HOLD
    return state in (State.HELD, State.REJECTED)


def shown_in(thread: Sequence[Member], *, hidden: bool, unjudged: Unjudged) -> list[Shown]:
    """What readers see of each member.

    Args:
        thread: a comment and all that is below it, in the order of their paths.
        hidden: whether something above the comment hides it.
    """
    if hidden:
        return [Shown.NOTHING] * len(thread)
    shown: list[Shown] = []
    hider = ""
    for member in thread:
        if hider and member.path.startswith(hider):
            shown.append(Shown.NOTHING)
        elif hides_replies(member.state, unjudged):
            hider = member.path
            shown.append(Shown.NOTHING)
        else:
            shown.append(Shown.NOTHING if member.is_deleted else Shown.WHOLE)
    return _with_places(thread, shown)


def _with_places(thread: Sequence[Member], shown: list[Shown]) -> list[Shown]:
    next_whole = ""
    # Backwards, the nearest whole one behind a comment is below it if any is.
    for index in range(len(thread) - 1, -1, -1):
        member = thread[index]
        if shown[index] is Shown.WHOLE:
            next_whole = member.path
        elif member.is_deleted and next_whole.startswith(member.path):
            shown[index] = Shown.PLACE
    return shown


def event_between(before: Shown, after: Shown, *, text_changed: bool) -> EventType | None:
    """What readers are told of a change; a place that stays or goes is no news."""
    if (before is Shown.WHOLE) == (after is Shown.WHOLE):
        return EventType.CHANGED if text_changed and after is Shown.WHOLE else None
    return EventType.APPEARED if after is Shown.WHOLE else EventType.DISAPPEARED
