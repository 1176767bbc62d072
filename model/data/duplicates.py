"""Groups near-duplicate texts, so that no copy of a training text is tested on.

MinHash with banding (Broder 1997; Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, ch. 3) over word
three-shingles, and a union-find over the pairs it proposes.
"""

import re
import zlib
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.normalise import normalise

__all__ = ["near_duplicates"]

_BANDS: Final = 10
_ROWS: Final = 4
_SHINGLE: Final = 3
# The share of equal min-hashes that makes two texts near-duplicates; it estimates the Jaccard similarity.
_SIMILAR: Final = 0.6
_WORD = re.compile(r"\w+")
_EMPTY_TEXT = re.compile(r"\s+")


def near_duplicates(texts: Sequence[str], seed: int = 0) -> list[int]:
    """For each text the index of the first text of its group."""
    random = np.random.default_rng(seed)
    factors = random.integers(1, 2**63, _BANDS * _ROWS, np.uint64) | np.uint64(1)
    parent = list(range(len(texts)))
    signatures = np.zeros((len(texts), _BANDS * _ROWS), np.uint64)
    seen: dict[tuple[int, bytes], int] = {}
    for index, text in enumerate(texts):
        signatures[index] = _signature(text, factors)
        for band in range(_BANDS):
            key = (band, signatures[index, band * _ROWS : (band + 1) * _ROWS].tobytes())
            other = seen.setdefault(key, index)
            if other != index and (signatures[index] == signatures[other]).mean() >= _SIMILAR:
                _join(parent, index, other)
    return [_root(parent, index) for index in range(len(texts))]


def _signature(text: str, factors: NDArray[np.uint64]) -> NDArray[np.uint64]:
    folded = normalise(text).text
    words = _WORD.findall(folded)
    if len(words) <= _SHINGLE:
        # Too short for shingles: the same words, or without any the same signs, are the same text.
        shingles = [" ".join(words) or _EMPTY_TEXT.sub("", folded)]
    else:
        shingles = [" ".join(words[at : at + _SHINGLE]) for at in range(len(words) - _SHINGLE + 1)]
    hashes = np.array([zlib.crc32(shingle.encode("utf-8", "surrogatepass")) for shingle in shingles], np.uint64)
    spread = (hashes + np.uint64(1))[:, None] * factors
    least: NDArray[np.uint64] = (spread ^ (spread >> np.uint64(31))).min(axis=0)
    return least


def _root(parent: list[int], index: int) -> int:
    while parent[index] != index:
        parent[index] = parent[parent[index]]
        index = parent[index]
    return index


def _join(parent: list[int], one: int, other: int) -> None:
    first, second = sorted((_root(parent, one), _root(parent, other)))
    parent[second] = first
