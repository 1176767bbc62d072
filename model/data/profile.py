"""What a set of labelled comments looks like in numbers, so that a later one can be held against it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.data.records import Record
from model.data.sources import HAM, SPAM
from model.metrics import auc
from model.normalise import normalise

__all__ = ["LENGTHS", "Profile", "profile_of"]

LENGTHS: Final = (20, 40, 80, 160, 320, 640, 1280)
"""Where one class of lengths, in characters, ends and the next begins."""

_LETTER_PAIRS: Final = 64
_PAIRS_READ: Final = 300
_LETTER = re.compile(r"[^\W\d_]{2,}")
_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)
_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class Profile:
    """
    Attributes:
        ham, spam: records per label.
        emptied_ham, emptied_spam: the share of each label of which nothing is left for the model, neither words nor
            links, once `normalise` has cleaned it.
        lengths: (len(LENGTHS) + 1,) shares of texts by length.
        letters: (64,) shares of hashed pairs of neighbouring letters: they tell scripts and languages apart.
        distinct: the share of texts that no earlier one equals.
        disputed: the share of records that are near-duplicates of one with the other label.
        agreement: how well the shipped model's order fits the labels, as AUC; None where there is one label only.
    """

    ham: int
    spam: int
    emptied_ham: float
    emptied_spam: float
    lengths: tuple[float, ...]
    letters: tuple[float, ...]
    distinct: float
    disputed: float
    agreement: float | None


def profile_of(
    records: Sequence[Record], groups: NDArray[np.int64], logits: NDArray[np.float64] | None = None
) -> Profile:
    """
    Args:
        records: n of them, at least one.
        groups: (n,) one number for all near-duplicates of a text.
        logits: (n,) what the shipped model says of them.
    """
    labels = np.array([record.label for record in records], np.int64)
    texts = [record.comment.text for record in records]
    emptied = np.array([_is_emptied(text) for text in texts])
    two = len(set(labels.tolist())) == 2
    return Profile(
        ham=int((labels == HAM).sum()),
        spam=int((labels == SPAM).sum()),
        emptied_ham=_share(emptied[labels == HAM]),
        emptied_spam=_share(emptied[labels == SPAM]),
        lengths=_shares(np.searchsorted(LENGTHS, [len(text) for text in texts], side="right"), len(LENGTHS) + 1),
        letters=_letters(texts),
        distinct=round(len(set(texts)) / len(texts), _DIGITS),
        disputed=_share(_disputed(labels, groups)),
        agreement=round(auc(logits[labels == HAM], logits[labels == SPAM]), _DIGITS)
        if logits is not None and two
        else None,
    )


def _is_emptied(text: str) -> bool:
    if not text.strip():
        # Nothing was there: no cleaning is at fault.
        return False
    normal = normalise(text)
    return not normal.text and not normal.urls and not normal.emails


def _letters(texts: Sequence[str]) -> tuple[float, ...]:
    pairs = [np.empty(0, np.int64)]
    for text in texts:
        for word in _LETTER.findall(text[:_PAIRS_READ].casefold()):
            points = np.frombuffer(word.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
            hashed = (points[:-1] * np.uint64(0x110000) + points[1:]) * _SPREAD
            pairs.append((hashed >> np.uint64(58)).astype(np.int64))
    return _shares(np.concatenate(pairs), _LETTER_PAIRS)


def _disputed(labels: NDArray[np.int64], groups: NDArray[np.int64]) -> NDArray[np.bool_]:
    _, group = np.unique(groups, return_inverse=True)
    spam, all_of_it = np.bincount(group, weights=labels), np.bincount(group)
    return ((spam > 0) & (spam < all_of_it))[group]


def _shares(classes: NDArray[np.int64], count: int) -> tuple[float, ...]:
    counted = np.bincount(classes, minlength=count)
    return tuple(np.round(counted / max(counted.sum(), 1), _DIGITS).tolist())


def _share(hits: NDArray[np.bool_]) -> float:
    return round(float(hits.mean()), _DIGITS) if len(hits) else 0.0
