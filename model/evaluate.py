"""Measures a bundle on a labelled CSV."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model.bundle import load_bundle
from model.calibration import probabilities
from model.data.records import read_csv
from model.metrics import Scores
from model.report import by_name, table
from model.table import Progress, Table, logits

__all__ = ["Evaluation", "evaluate"]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How a model did on a file: per `blog` or `source` of the file, and on `all` of it."""

    model_version: str
    scores: Mapping[str, Scores]

    def table(self) -> str:
        return table(self.scores)


def evaluate(bundle_dir: Path, csv_path: Path, progress: Progress = lambda _stage, _share: None) -> Evaluation:
    """Judge every row of a CSV that is labelled 0 (ham) or 1 (spam), and compare.

    The file needs the columns `text` and `label`; `author`, `author_url`, `post_title`, and `blog` or `source` to
    group by, are used where they are.

    Raises:
        BundleError: the bundle is not sound.
        DataError: the file is not readable, or has no labelled row.
    """
    bundle = load_bundle(bundle_dir)
    records = read_csv(csv_path)
    features = Table.of([record.comment for record in records], bundle.config.bits, progress)
    calibration = bundle.config.calibration
    certainty = probabilities(logits(bundle.classifier, features, np.arange(len(records))), calibration.temperature)
    labels = np.array([record.label for record in records], np.int64)
    names = np.array([record.source for record in records])
    return Evaluation(bundle.version, by_name(names, labels, certainty, calibration))
