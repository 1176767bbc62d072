"""Corpora in, bundle out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from model.bundle import Config, save_bundle
from model.calibration import Calibration, probabilities
from model.card import model_card
from model.data.corpus import load_corpus
from model.data.inspection import require_sound
from model.data.sources import SOURCES, Source
from model.data.split import Part
from model.fit import FitConfig, fit
from model.metrics import Scores
from model.report import as_json, by_name, table
from model.shipped import shipped_logits
from model.table import Progress, Table, logits
from model.unseen import Budget, calibrate_on, score_unseen

__all__ = ["Metrics", "TrainConfig", "train"]


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training run is made of besides the data.

    Attributes:
        folds: the blogs are held out in so many groups to measure unseen blogs.
        spins: comments spun from each of a spammer's templates, for training alone.
        spun_weight: what each of them counts in the loss.
    """

    fit: FitConfig = field(default_factory=FitConfig)
    budget: Budget = field(default_factory=Budget)
    folds: int = 4
    spins: int = 20
    spun_weight: float = 2.0


@dataclass(frozen=True, slots=True)
class Metrics:
    """What a training run measured.

    Attributes:
        unseen: per blog, on the part TEST, by models that saw nothing of that blog.
        seen: per source, on the part TEST, by the model of the bundle, which saw other comments of the source.
    """

    model_version: str
    calibration: Calibration
    unseen: Mapping[str, Scores]
    seen: Mapping[str, Scores]

    def table(self) -> str:
        return (
            f"{self.model_version}\n\nBlogs that the model never saw\n{table(self.unseen)}\n\n"
            f"Held-out comments of sources that it learned from\n{table(self.seen)}"
        )


def train(
    data_dir: Path,
    out_dir: Path,
    progress: Progress = lambda _stage, _share: None,
    *,
    config: TrainConfig | None = None,
    sources: Sequence[Source] = SOURCES,
) -> Metrics:
    """Learn a model from the corpora and write its bundle into `out_dir`. The same data give the same bytes.

    Args:
        progress: told what is being done and how much of it is done, 0 to 1.

    Raises:
        DataError: a corpus is missing, is not the pinned file, or is not fit to learn from.
        BundleError: `out_dir` holds something else than a bundle.
    """
    config = config or TrainConfig()
    progress("reading the corpora", 0.0)
    corpus = load_corpus(data_dir, sources, spins=config.spins, spun_weight=config.spun_weight, seed=config.fit.seed)
    features = Table.of([record.comment for record in corpus.records], config.fit.bits, progress)
    require_sound(corpus, shipped_logits(features, config.fit.bits))
    unseen = score_unseen(corpus, features, config.fit, config.folds, progress)
    calibration = calibrate_on(corpus, unseen, config.budget)
    classifier = fit(features, corpus.labels, corpus.weights, np.flatnonzero(corpus.teaches), config.fit, progress)
    tests = np.flatnonzero(corpus.where(Part.TEST))
    blogs = tests[~np.isnan(unseen[tests])]
    unseen_scores, seen_scores = (
        by_name(corpus.sources[rows], corpus.labels[rows], probabilities(scored, calibration.temperature), calibration)
        for rows, scored in ((blogs, unseen[blogs]), (tests, logits(classifier, features, tests)))
    )
    measured = {
        "unseen": as_json(unseen_scores),
        "seen": as_json(seen_scores),
        "training": {**asdict(config), "comments": int(corpus.teaches.sum())},
    }
    card = model_card(calibration, config.budget, sources, unseen_scores, seen_scores)
    version = save_bundle(out_dir, classifier, Config(config.fit.bits, calibration), measured, card, corpus.data)
    return Metrics(version, calibration, unseen_scores, seen_scores)
