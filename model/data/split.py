"""Divides records into training, calibration and test; near-duplicates stay together."""

import hashlib
from collections.abc import Sequence
from enum import Enum
from typing import Final

from model.data.duplicates import near_duplicates

__all__ = ["Part", "split"]

_TRAIN_UNTIL: Final = 0.70
_CALIBRATE_UNTIL: Final = 0.85


class Part(Enum):
    """What a record is for: learning weights, setting temperature and thresholds, or reporting."""

    TRAIN = "train"
    CALIBRATE = "calibrate"
    TEST = "test"


def split(texts: Sequence[str], groups: Sequence[int] | None = None) -> list[Part]:
    """The part of each text: 70 % train, 15 % calibrate, 15 % test, decided by the first text of its group alone.

    The same texts in the same order are always divided alike, on every machine.

    Args:
        groups: what `near_duplicates` says of them, where it was asked before.
    """
    groups = near_duplicates(texts) if groups is None else groups
    parts = {group: _part(texts[group]) for group in set(groups)}
    return [parts[group] for group in groups]


def _part(text: str) -> Part:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    share = int.from_bytes(digest, "big") / 2**64
    if share < _TRAIN_UNTIL:
        return Part.TRAIN
    return Part.CALIBRATE if share < _CALIBRATE_UNTIL else Part.TEST
