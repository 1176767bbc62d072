"""The features of a whole corpus in four flat arrays, from which training takes batches."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from model.classifier import Batch, NgramClassifier
from model.comment import Comment
from model.features import COUNTS, features

__all__ = ["Progress", "Table", "logits"]

# What is being done, and how much of it is done, 0 to 1.
Progress = Callable[[str, float], None]

_SCORED_AT_ONCE = 1_000
_REPORT_EVERY = 1_000


@dataclass(frozen=True, slots=True)
class Table:
    """The features of n comments.

    Attributes:
        buckets, values: (m,) int32 and float32, the n-grams of all comments, one comment after the other.
        starts: (n + 1,) int64, where each comment begins and the last one ends.
        counts: (n, len(COUNTS)) float32.
    """

    buckets: NDArray[np.int32]
    values: NDArray[np.float32]
    starts: NDArray[np.int64]
    counts: NDArray[np.float32]

    @classmethod
    def of(cls, comments: Sequence[Comment], bits: int, progress: Progress) -> "Table":
        """Featurise at least one comment."""
        buckets: list[NDArray[np.int32]] = []
        values: list[NDArray[np.float32]] = []
        starts = np.zeros(len(comments) + 1, np.int64)
        counts = np.zeros((len(comments), len(COUNTS)), np.float32)
        for row, comment in enumerate(comments):
            seen = features(comment, bits)
            buckets += [field.buckets.astype(np.int32) for field in seen.fields]
            values += [field.values for field in seen.fields]
            starts[row + 1] = starts[row] + sum(len(field.buckets) for field in seen.fields)
            counts[row] = seen.counts
            if row % _REPORT_EVERY == 0:
                progress("features", row / len(comments))
        return cls(np.concatenate(buckets), np.concatenate(values), starts, counts)

    def batch(self, rows: NDArray[np.int64]) -> Batch:
        """The given comments, in the given order, as a batch."""
        spans = [slice(self.starts[row], self.starts[row + 1]) for row in rows]
        lengths = self.starts[rows + 1] - self.starts[rows]
        return Batch(
            torch.from_numpy(np.concatenate([self.buckets[span] for span in spans]).astype(np.int64)),
            torch.from_numpy(np.concatenate([self.values[span] for span in spans])),
            torch.from_numpy(np.cumsum(lengths) - lengths),
            torch.from_numpy(self.counts[rows]),
        )


@torch.inference_mode()
def logits(classifier: NgramClassifier, table: Table, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """(len(rows),) log-odds of the given comments."""
    chunks = [rows[at : at + _SCORED_AT_ONCE] for at in range(0, len(rows), _SCORED_AT_ONCE)]
    scored = [classifier(table.batch(chunk)).double().numpy() for chunk in chunks]
    return np.concatenate(scored) if scored else np.empty(0)
