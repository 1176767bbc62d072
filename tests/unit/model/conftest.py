"""Tiny corpora that look like the real ones, and a model learnt from them."""

import csv
import hashlib
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from model.bundle import Bundle, default_bundle, load_bundle
from model.data.sources import Family, Source
from model.engine import Engine
from model.fit import FitConfig
from model.train import Metrics, TrainConfig, train

HAM_WORDS = (
    "thanks",
    "article",
    "deadline",
    "retry",
    "server",
    "question",
    "compile",
    "think",
    "agree",
    "detail",
    "wrong",
)
SPAM_WORDS = (
    "cheap",
    "replica",
    "watches",
    "viagra",
    "casino",
    "bonus",
    "pills",
    "outlet",
    "loans",
    "handbags",
    "jerseys",
)
TINY = TrainConfig(fit=FitConfig(bits=14, epochs=3, batch=32), folds=2, spins=0)


def write_source(data_dir: Path, name: str, rows: Sequence[tuple[str, int]], family: Family = Family.BLOG) -> Source:
    path = data_dir / f"{name}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label", "author", "author_url"])
        for text, label in rows:
            writer.writerow([text, label, "best pills" if label else "jane", "http://pills.example" if label else ""])
    spam = sum(label for _, label in rows)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return Source(f"{name}.csv", "none", family, len(rows), len(rows) - spam, spam, 1.0, sha256)


def tiny_rows(seed: int, count: int = 120) -> list[tuple[str, int]]:
    chooser = random.Random(seed)
    words = (HAM_WORDS, SPAM_WORDS)
    return [(" ".join(chooser.choices(words[row % 2], k=8)) + f" {seed}x{row}", row % 2) for row in range(count)]


@pytest.fixture(scope="session")
def tiny_corpora(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[Source, ...]]:
    data_dir = tmp_path_factory.mktemp("corpora")
    return data_dir, tuple(write_source(data_dir, f"blog{seed}", tiny_rows(seed)) for seed in (1, 2))


@pytest.fixture(scope="session")
def tiny_bundle(
    tiny_corpora: tuple[Path, tuple[Source, ...]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Metrics]:
    data_dir, sources = tiny_corpora
    folder = tmp_path_factory.mktemp("bundle")
    return folder, train(data_dir, folder, config=TINY, sources=sources)


@pytest.fixture(scope="session")
def shipped() -> Bundle:
    return load_bundle(default_bundle())


@pytest.fixture(scope="session")
def engine(shipped: Bundle) -> Engine:
    return Engine(shipped, "cpu")
