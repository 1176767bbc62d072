"""Quality measures of a binary classifier. Labels are 1 for spam, scores are probabilities; NaN where undefined."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Scores", "auc", "score"]

_BINS = 15


@dataclass(frozen=True, slots=True)
class Scores:
    """What was measured on one set.

    Attributes:
        comments, spam: how many there were, and how many of them spam.
        auc: area under the ROC curve.
        recall_at_half_percent, recall_at_one_percent: the share of spam above the score that 0.5 % or 1 % of this
            set's ham exceeds: what a threshold made for this set would catch.
        accuracy, mcc: of `probability >= 0.5`; mcc is Matthews' correlation coefficient.
        ece: expected calibration error, 15 equal bins.
        ham_called_spam, ham_called_unsure: shares of the ham, at the bundle's own thresholds.
        spam_called_spam, spam_called_ham: shares of the spam, at the bundle's own thresholds.
    """

    comments: int
    spam: int
    auc: float
    recall_at_half_percent: float
    recall_at_one_percent: float
    accuracy: float
    mcc: float
    ece: float
    ham_called_spam: float
    ham_called_unsure: float
    spam_called_spam: float
    spam_called_ham: float


def score(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64], unsure_from: float, spam_from: float
) -> Scores:
    """Measure (n,) labels against (n,) probabilities; n >= 1."""
    ham, spam = probabilities[labels == 0], probabilities[labels == 1]
    return Scores(
        comments=len(labels),
        spam=len(spam),
        auc=auc(ham, spam),
        recall_at_half_percent=_recall(ham, spam, 0.005),
        recall_at_one_percent=_recall(ham, spam, 0.01),
        accuracy=float(((probabilities >= 0.5) == (labels == 1)).mean()),
        mcc=_mcc(labels, probabilities),
        ece=_ece(labels, probabilities),
        ham_called_spam=_share(ham >= spam_from),
        ham_called_unsure=_share((ham >= unsure_from) & (ham < spam_from)),
        spam_called_spam=_share(spam >= spam_from),
        spam_called_ham=_share(spam < unsure_from),
    )


def _share(hits: NDArray[np.bool_]) -> float:
    return float(hits.mean()) if len(hits) else math.nan


def auc(ham: NDArray[np.float64], spam: NDArray[np.float64]) -> float:
    """The chance that a spam scores above a ham; a tie counts half (Mann-Whitney)."""
    if not len(ham) or not len(spam):
        return math.nan
    ordered = np.sort(ham)
    below = np.searchsorted(ordered, spam, side="left") + np.searchsorted(ordered, spam, side="right")
    return float(below.mean() / 2 / len(ham))


def _recall(ham: NDArray[np.float64], spam: NDArray[np.float64], false_positives: float) -> float:
    if not len(ham) or not len(spam):
        return math.nan
    bar = np.sort(ham)[::-1][int(false_positives * len(ham))]
    return _share(spam > bar)


def _mcc(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> float:
    called, spam = probabilities >= 0.5, labels == 1
    hit, wrong = float((called & spam).sum()), float((called & ~spam).sum())
    missed, right = float((~called & spam).sum()), float((~called & ~spam).sum())
    product = (hit + wrong) * (hit + missed) * (right + wrong) * (right + missed)
    return (hit * right - wrong * missed) / math.sqrt(product) if product else math.nan


def _ece(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> float:
    bins = np.minimum((probabilities * _BINS).astype(np.int64), _BINS - 1)
    error = 0.0
    for index in range(_BINS):
        inside = bins == index
        if inside.any():
            error += inside.mean() * abs(float(probabilities[inside].mean()) - float(labels[inside].mean()))
    return float(error)
