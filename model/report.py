"""Measurements by name: as a table that a person reads, and as JSON."""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.calibration import Calibration
from model.metrics import Scores, score

__all__ = ["as_json", "by_name", "table"]

_COLUMNS: Final[tuple[tuple[str, Callable[[Scores], float]], ...]] = (
    ("AUC", lambda s: s.auc),
    ("R@.5%", lambda s: s.recall_at_half_percent),
    ("R@1%", lambda s: s.recall_at_one_percent),
    ("acc", lambda s: s.accuracy),
    ("MCC", lambda s: s.mcc),
    ("ECE", lambda s: s.ece),
    ("ham>S", lambda s: s.ham_called_spam),
    ("ham>U", lambda s: s.ham_called_unsure),
    ("spam>S", lambda s: s.spam_called_spam),
    ("spam>H", lambda s: s.spam_called_ham),
)


def by_name(
    names: NDArray[np.str_],
    labels: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    calibration: Calibration,
) -> dict[str, Scores]:
    """The scores of each name, in the order in which the names first occur, and of all together as `all`."""
    bars = (calibration.unsure_from, calibration.spam_from)
    found = {}
    for name in dict.fromkeys(names.tolist()):
        chosen = names == name
        found[name] = score(labels[chosen], probabilities[chosen], *bars)
    return {**found, "all": score(labels, probabilities, *bars)}


def table(scores: Mapping[str, Scores]) -> str:
    """Rows of text, one per name. R@x is the spam caught where x of the ham is blocked; ham>S is ham called SPAM."""
    titles = "".join(f"{title:>8}" for title, _ in _COLUMNS)
    lines = [f"{'':24}{'n':>7}{'spam':>7}{titles}"]
    for name, measured in scores.items():
        cells = "".join(_cell(value(measured)) for _, value in _COLUMNS)
        lines.append(f"{name[:23]:24}{measured.comments:7}{measured.spam:7}{cells}")
    return "\n".join(lines)


def as_json(scores: Mapping[str, Scores]) -> dict[str, dict[str, float | int | None]]:
    """The same, with four decimals and None where a measure is undefined, because JSON knows no NaN."""
    return {name: {key: _number(value) for key, value in asdict(measured).items()} for name, measured in scores.items()}


def _cell(value: float) -> str:
    return f"{'-':>8}" if math.isnan(value) else f"{value:8.3f}"


def _number(value: float | int) -> float | int | None:
    if isinstance(value, int):
        return value
    return None if math.isnan(value) else round(value, 4)
