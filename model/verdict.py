"""The output of the filter: a judgement, how sure it is, and what it rests on."""

from dataclasses import dataclass
from enum import Enum

__all__ = ["Label", "Reason", "Verdict"]


class Label(Enum):
    """A judgement. UNSURE asks for a person."""

    HAM = "HAM"
    UNSURE = "UNSURE"
    SPAM = "SPAM"


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that spoke for or against a comment.

    Attributes:
        code: the symbol to branch on, such as `LINKS`.
        description: what it means, in a person's language.
        weight: calibrated log-odds; positive speaks for spam. The weights of a verdict add up to the log-odds of its
            probability.
        evidence: the parts of the comment that it rests on, the weightiest first; at most 100 characters each.
    """

    code: str
    description: str
    weight: float
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the filter thinks of a comment; the weightiest reason comes first."""

    label: Label
    probability: float
    reasons: tuple[Reason, ...]
    model_version: str
