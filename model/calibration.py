"""Turns log-odds into probabilities that mean something, and probabilities into judgements within a budget."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.verdict import Label

__all__ = ["Calibration", "calibrate", "probabilities"]

Floats = NDArray[np.float64]
_TEMPERATURES: Final = np.geomspace(0.1, 10.0, 161)


@dataclass(frozen=True, slots=True)
class Calibration:
    """How log-odds become a judgement.

    Attributes:
        temperature: log-odds are divided by it (Guo et al. 2017, "On Calibration of Modern Neural Networks").
        unsure_from: from this probability on a comment is at least UNSURE.
        spam_from: from this probability on it is SPAM.
    """

    temperature: float
    unsure_from: float
    spam_from: float

    def label(self, probability: float) -> Label:
        if probability >= self.spam_from:
            return Label.SPAM
        return Label.UNSURE if probability >= self.unsure_from else Label.HAM


def probabilities(logits: Floats, temperature: float) -> Floats:
    """(n,) log-odds to (n,) probabilities, never quite 0 or 1, so that a threshold fits above every one of them."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits / temperature, -30.0, 30.0))))


def calibrate(
    logits: Floats, labels: NDArray[np.int64], ham_logits: Floats, spam_budget: float, unsure_budget: float
) -> Calibration:
    """The temperature that fits `labels` best, and the lowest thresholds that keep within the budgets.

    Args:
        logits, labels: (n,) held-out comments of both classes.
        ham_logits: (m,) held-out ham of the kind that the budget is about.
        spam_budget: at most this share of the ham may be called SPAM.
        unsure_budget: at most this share may be called UNSURE or SPAM.
    """
    losses = [_loss(logits / temperature, labels) for temperature in _TEMPERATURES]
    temperature = float(_TEMPERATURES[int(np.argmin(losses))])
    ham = probabilities(ham_logits, temperature)
    unsure_from, spam_from = _threshold(ham, unsure_budget), _threshold(ham, spam_budget)
    return Calibration(temperature, unsure_from, max(spam_from, unsure_from))


def _loss(logits: Floats, labels: NDArray[np.int64]) -> float:
    """Mean cross-entropy, both classes counting the same: the mix of a corpus is not the mix of a blog."""
    losses = np.logaddexp(0.0, np.where(labels == 1, -logits, logits))
    return float(losses[labels == 1].mean() + losses[labels == 0].mean())


def _threshold(ham: Floats, budget: float) -> float:
    """The lowest probability that at most `budget` of the ham reaches, at least one half."""
    allowed = int(budget * len(ham))
    highest = np.sort(ham)[::-1]
    bar = float(np.nextafter(highest[allowed], 1.0)) if allowed < len(ham) else 0.0
    return min(max(bar, 0.5), 1.0)
