"""The n-gram classifier: one weight per bucket and per count, summed to log-odds. Linear, hence explainable."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from model.features import COUNTS, Features

__all__ = ["Batch", "NgramClassifier", "collate"]


class Batch(NamedTuple):
    """Comments as tensors.

    Attributes:
        buckets: (n,) int64, the n-grams of all comments, one after the other.
        values: (n,) float32.
        offsets: (b,) int64, where each comment begins.
        counts: (b, len(COUNTS)) float32.
    """

    buckets: Tensor
    values: Tensor
    offsets: Tensor
    counts: Tensor

    def to(self, device: torch.device) -> "Batch":
        return Batch(*(tensor.to(device, non_blocking=True) for tensor in self))


class NgramClassifier(nn.Module):
    """Log-odds that a comment is spam, not yet calibrated."""

    def __init__(self, bits: int) -> None:
        super().__init__()
        self.ngrams = nn.EmbeddingBag(2**bits, 1, mode="sum")
        self.counts = nn.Linear(len(COUNTS), 1)
        for parameter in self.parameters():
            nn.init.zeros_(parameter)

    def forward(self, batch: Batch) -> Tensor:
        """(b,) float32."""
        summed: Tensor = self.ngrams(batch.buckets, batch.offsets, per_sample_weights=batch.values)
        counted: Tensor = self.counts(batch.counts)
        return (summed + counted).squeeze(1)


def collate(comments: Sequence[Features]) -> Batch:
    """The features of at least one comment as one batch."""
    grams = [field for comment in comments for field in comment.fields]
    lengths = [sum(len(field.buckets) for field in comment.fields) for comment in comments]
    offsets = np.cumsum([0, *lengths[:-1]])
    return Batch(
        torch.from_numpy(np.concatenate([field.buckets for field in grams])),
        torch.from_numpy(np.concatenate([field.values for field in grams])),
        torch.from_numpy(offsets.astype(np.int64)),
        torch.from_numpy(np.stack([comment.counts for comment in comments])),
    )
