"""Learns the weights of a classifier from a table: logistic regression by Adam, with a falling step."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import binary_cross_entropy_with_logits

from model.classifier import NgramClassifier
from model.table import Progress, Table

__all__ = ["FitConfig", "fit"]


_RARITY_SCALE: Final = 6.0


@dataclass(frozen=True, slots=True)
class FitConfig:
    """How weights are learnt. Steps fall linearly to zero; decay is L2, inside the gradient."""

    bits: int = 20
    epochs: int = 4
    batch: int = 512
    ngram_step: float = 0.1
    count_step: float = 0.01
    ngram_decay: float = 1e-6
    count_decay: float = 1e-4
    seed: int = 2026


def fit(
    table: Table,
    labels: NDArray[np.int64],
    weights: NDArray[np.float32],
    rows: NDArray[np.int64],
    config: FitConfig,
    progress: Progress,
) -> NgramClassifier:
    """A classifier learnt from the given rows of the table. The same input gives the same bytes.

    The weights come back rounded to float16, as a bundle stores them, so that all measurements are of what is shipped.
    """
    classifier = NgramClassifier(config.bits)
    rarity = torch.from_numpy(_rarity(table, rows, config.bits))
    optimizer = torch.optim.Adam(
        [
            {"params": classifier.ngrams.parameters(), "lr": config.ngram_step, "weight_decay": config.ngram_decay},
            {"params": classifier.counts.parameters(), "lr": config.count_step, "weight_decay": config.count_decay},
        ],
        fused=True,
    )
    shuffle = np.random.default_rng(config.seed)
    relative = weights / weights[rows].mean()
    per_epoch = -(-len(rows) // config.batch)
    steps = config.epochs * per_epoch
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    with _one_thread():
        for step, chosen in enumerate(_batches(rows, config, shuffle)):
            batch = table.batch(chosen)
            losses = binary_cross_entropy_with_logits(
                classifier(batch._replace(values=batch.values * rarity[batch.buckets])),
                torch.from_numpy(labels[chosen]).float(),
                reduction="none",
            )
            optimizer.zero_grad()
            (losses * torch.from_numpy(relative[chosen])).mean().backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            if step % 50 == 0:
                progress("weights", step / steps)
    with torch.no_grad():
        classifier.ngrams.weight *= rarity[:, None]
    return classifier.half().float().eval().requires_grad_(requires_grad=False)


def _rarity(table: Table, rows: NDArray[np.int64], bits: int) -> NDArray[np.float32]:
    """(2**bits,) inverse document frequency, about 0 to 2.

    It scales the values in training, so that common n-grams learn slowly, and the weights afterwards: the bundle needs
    no trace of it.
    """
    frequency = np.zeros(2**bits, np.float32)
    for row in rows:
        frequency[np.unique(table.buckets[table.starts[row] : table.starts[row + 1]])] += 1
    return (np.log((1 + len(rows)) / (1 + frequency)) / _RARITY_SCALE).astype(np.float32)


def _batches(rows: NDArray[np.int64], config: FitConfig, shuffle: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    for _ in range(config.epochs):
        order = shuffle.permutation(rows)
        for at in range(0, len(order), config.batch):
            yield order[at : at + config.batch]


@contextmanager
def _one_thread() -> Iterator[None]:
    """Sums in another order are other sums: one thread makes the bytes the same on every machine of a kind."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
