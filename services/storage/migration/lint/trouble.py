"""What the rules say of a step."""

from dataclasses import dataclass
from enum import Enum

__all__ = ["Kind", "Trouble"]


class Kind(Enum):
    """BREAKS can never be done beside the version before; CONTRACTS can, one release after what replaces it; LOCKS can
    be done another way."""

    BREAKS = "breaks the version that runs now"
    CONTRACTS = "contracts"
    LOCKS = "holds a lock for long"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A sentence about a step, with what to do instead.

    Attributes:
        kind: what a declaration in the revision can do about it.
        text: the sentence.
        removed: table and column (empty for the whole table) that the step takes away, if it does.
    """

    kind: Kind
    text: str
    removed: tuple[str, str] | None = None
