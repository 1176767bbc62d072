"""What the model of this release says of a table of comments: a second opinion on new labels."""

import numpy as np
from numpy.typing import NDArray

from model.bundle import default_bundle, load_bundle
from model.table import Table, logits

__all__ = ["shipped_logits"]


def shipped_logits(table: Table, bits: int) -> NDArray[np.float64] | None:
    """(n,) log-odds; None where the table's n-grams lie in other buckets than that model's.

    Raises:
        BundleError: the release's bundle is not sound.
    """
    bundle = load_bundle(default_bundle())
    if bundle.config.bits != bits:
        return None
    return logits(bundle.classifier, table, np.arange(len(table.starts) - 1))
