"""A comment as the service keeps it. The numbers of the enums are those of the contract and of the database."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

__all__ = ["Comment", "Decision", "Label", "Reason", "Revision", "Shown", "State", "Unjudged", "Verdict"]


class State(IntEnum):
    PENDING = 1
    VISIBLE = 2
    HELD = 3
    REJECTED = 4
    DELETED = 5


class Decision(IntEnum):
    NONE = 0
    FILTER = 1
    MODERATOR = 2


class Label(IntEnum):
    HAM = 1
    UNSURE = 2
    SPAM = 3


class Shown(IntEnum):
    """What readers see of a comment, its place in the thread considered."""

    NOTHING = 0
    PLACE = 1
    """A deleted comment with replies: where it stood."""
    WHOLE = 2


class Unjudged(StrEnum):
    """What readers see of a comment that waits for its verdict."""

    HOLD = "HOLD"
    SHOW = "SHOW"


@dataclass(frozen=True, slots=True)
class Reason:
    """`weight` is in log-odds; `evidence` are parts of the comment and as personal as its text."""

    code: str
    description: str
    weight: float
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the filter thinks: `probability` is that of spam, calibrated."""

    label: Label
    probability: float
    reasons: tuple[Reason, ...] = ()
    model_version: str = ""


@dataclass(frozen=True, slots=True)
class Comment:
    """
    Attributes:
        path: where it stands, see `domain.thread`.
        author_id: "" for a guest and once its author was erased.
        version: counts every change, whereas `revision` counts texts.
        text_at: when the present text was written.
        address_until: when `ip` and `user_agent` are erased; None once they are.
        text_until: when the text of a deleted comment is erased; None for others and once it is.
    """

    id: str
    post_id: str
    parent_id: str
    path: str
    depth: int
    author_id: str
    author_name: str
    author_email: str = field(repr=False)
    author_url: str = field(repr=False)
    ip: str = field(repr=False)
    user_agent: str = field(repr=False)
    text: str = field(repr=False)
    text_html: str = field(repr=False)
    state: State
    decision: Decision
    verdict: Verdict | None
    revision: int
    version: int
    shown: Shown
    created_at: datetime
    updated_at: datetime
    text_at: datetime
    address_until: datetime | None
    text_until: datetime | None

    @property
    def is_deleted(self) -> bool:
        return self.state is State.DELETED


@dataclass(frozen=True, slots=True)
class Revision:
    """A text as it was before an edit."""

    comment_id: str
    revision: int
    text: str = field(repr=False)
    created_at: datetime
