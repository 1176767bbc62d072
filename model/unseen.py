"""Scores every blog with a model that never saw it: what a new blog will get, which is what a bundle is set up for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.calibration import Calibration, calibrate
from model.data.corpus import Corpus
from model.data.split import Part
from model.errors import DataError
from model.fit import FitConfig, fit
from model.table import Progress, Table, logits

__all__ = ["Budget", "calibrate_on", "score_unseen"]


@dataclass(frozen=True, slots=True)
class Budget:
    """The share of an unseen blog's ham that may at most be called SPAM, or at least UNSURE."""

    spam: float = 0.005
    unsure: float = 0.05


def score_unseen(
    corpus: Corpus, table: Table, config: FitConfig, folds: int, progress: Progress
) -> NDArray[np.float64]:
    """(n,) log-odds of every comment of a blog, by a model trained without that blog; NaN for other comments."""
    scores = np.full(len(corpus.labels), np.nan)
    for fold in range(min(folds, len(corpus.blogs))):
        held_out = np.isin(corpus.sources, corpus.blogs[fold::folds])
        rows = np.flatnonzero(corpus.teaches & ~held_out)

        def report(stage: str, share: float, fold: int = fold) -> None:
            progress(f"{stage} without the blogs of fold {fold + 1} of {folds}", share)

        classifier = fit(table, corpus.labels, corpus.weights, rows, config, report)
        tested = np.flatnonzero(held_out)
        scores[tested] = logits(classifier, table, tested)
    return scores


def calibrate_on(corpus: Corpus, unseen: NDArray[np.float64], budget: Budget) -> Calibration:
    """Temperature and thresholds from the scores of unseen blogs. No comment of the part TEST has a say.

    The ham of blogs that teach spam only is left out of the budget: it is in languages that no ham was learnt in, and
    a threshold that spared it would let most English spam pass. It is measured, though.

    Raises:
        DataError: the blogs hold no ham, or the part CALIBRATE lacks a class.
    """
    known = ~np.isnan(unseen) & ~np.isin(corpus.sources, sorted(corpus.spam_only))
    fitted = known & corpus.where(Part.CALIBRATE)
    ham = known & corpus.where(Part.TRAIN, Part.CALIBRATE) & (corpus.labels == 0)
    if not ham.any() or len(set(corpus.labels[fitted].tolist())) < 2:
        raise DataError("the blogs of the corpora hold too few held-out comments of both classes to calibrate with")
    return calibrate(unseen[fitted], corpus.labels[fitted], unseen[ham], budget.spam, budget.unsure)
