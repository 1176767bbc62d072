"""Thresholds keep within their budgets, and quality measures agree with their definitions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.calibration import Calibration, calibrate, probabilities
from model.metrics import score
from model.verdict import Label

logit_lists = st.lists(st.floats(-20, 20), min_size=1, max_size=300)


@given(logit_lists, st.floats(0, 0.2), st.floats(0, 0.5))
def test_no_more_ham_than_the_budget_is_blocked(ham: list[float], spam_budget: float, unsure_budget: float) -> None:
    logits = np.array(ham)
    found = calibrate(np.array([-1.0, 1.0]), np.array([0, 1]), logits, spam_budget, unsure_budget)
    labels = [found.label(probability) for probability in probabilities(logits, found.temperature).tolist()]
    assert labels.count(Label.SPAM) <= spam_budget * len(ham)
    assert len(ham) - labels.count(Label.HAM) <= max(unsure_budget, spam_budget) * len(ham)


def test_a_judgement_follows_the_thresholds() -> None:
    calibration = Calibration(1.0, unsure_from=0.6, spam_from=0.9)
    labels = [calibration.label(probability) for probability in (0.59, 0.6, 0.89, 0.9, 1.0)]
    assert labels == [Label.HAM, Label.UNSURE, Label.UNSURE, Label.SPAM, Label.SPAM]


def test_the_temperature_undoes_overconfidence() -> None:
    random = np.random.default_rng(0)
    true = random.normal(0, 2, 20_000)
    labels = (random.random(20_000) < probabilities(true, 1.0)).astype(np.int64)
    found = calibrate(true * 3, labels, np.zeros(1), 0.01, 0.1)
    assert found.temperature == pytest.approx(3.0, rel=0.1)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_probability_is_never_certain(logit: float) -> None:
    assert 0.0 < probabilities(np.array([-abs(logit)]), 1.0)[0] <= 0.5


def test_a_perfect_classifier_scores_perfectly() -> None:
    found = score(np.array([0, 0, 1, 1]), np.array([0.0, 0.1, 0.9, 1.0]), 0.5, 0.5)
    assert (found.auc, found.accuracy, found.mcc, found.recall_at_one_percent) == (1.0, 1.0, 1.0, 1.0)
    assert (found.ham_called_spam, found.spam_called_ham) == (0.0, 0.0)


def test_a_tie_counts_half() -> None:
    assert score(np.array([0, 1]), np.array([0.5, 0.5]), 0.5, 0.5).auc == 0.5


def test_the_recall_is_measured_above_the_ham_that_may_be_blocked() -> None:
    ham = np.linspace(0, 0.5, 200)
    spam = np.array([0.4999, 0.4960, 0.1])
    labels = np.array([0] * 200 + [1] * 3)
    found = score(labels, np.concatenate([ham, spam]), 0.5, 0.5)
    assert found.recall_at_half_percent == pytest.approx(1 / 3)
    assert found.recall_at_one_percent == pytest.approx(2 / 3)


def test_what_one_class_cannot_tell_is_undefined() -> None:
    found = score(np.array([0, 0]), np.array([0.2, 0.3]), 0.5, 0.5)
    assert math.isnan(found.auc)
    assert math.isnan(found.spam_called_spam)
    assert found.ece == pytest.approx(0.25)
