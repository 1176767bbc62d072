"""Hashed n-grams: every word, pair of words and run of three to five characters becomes a bucket.

The hash is a polynomial over code points (characters) or CRC-32 values (words), finished with the mixer of
MurmurHash3 (Appleby, public domain): stable over processes and machines, and computed for a whole text at once.
"""

import re
import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["CHARACTERS", "Grams", "grams"]

CHARACTERS: Final = (3, 4, 5)
_WORDS: Final = (1, 2)
_TOKEN = re.compile(r"\w+|[^\w\s]+")
_BASE = np.uint64(0x9E3779B97F4A7C15)
_MIX = (np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53))
_SHIFT = np.uint64(33)


@dataclass(frozen=True, slots=True)
class Grams:
    """The n-grams of one text, one entry per occurrence.

    Attributes:
        buckets: (n,) int64.
        values: (n,) float32. The occurrences of one n-gram share the value of one; each kind, words and characters,
            has Euclidean length 1 over its distinct n-grams, so that a long text weighs as much as a short one.
        tokens: (n,) int64, the index into `words` that an occurrence belongs to.
        words: the tokens of the text, in order.
    """

    buckets: NDArray[np.int64]
    values: NDArray[np.float32]
    tokens: NDArray[np.int64]
    words: tuple[str, ...]


def grams(text: str, salt: int, bits: int) -> Grams:
    """The n-grams of a normalised text in `2**bits` buckets; `salt` keeps fields apart."""
    matches = list(_TOKEN.finditer(text))
    if not matches:
        return Grams(np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.int64), ())
    words = tuple(match.group() for match in matches)
    starts = np.array([match.start() for match in matches], np.int64)
    codes = np.array([zlib.crc32(word.encode("utf-8", "surrogatepass")) for word in words], np.uint64)
    word_buckets, word_at = _hashed(codes, _WORDS, salt, bits)
    # A space at either end tells the beginning and the end of a word from its middle.
    points = np.frombuffer(f" {text} ".encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    char_buckets, char_at = _hashed(points, CHARACTERS, salt + 1, bits)
    char_tokens = np.maximum(np.searchsorted(starts + 1, char_at, side="right") - 1, 0)
    return Grams(
        np.concatenate([word_buckets, char_buckets]),
        np.concatenate([_values(word_buckets), _values(char_buckets)]),
        np.concatenate([word_at, char_tokens]),
        words,
    )


def _hashed(units: NDArray[np.uint64], sizes: tuple[int, ...], salt: int, bits: int) -> tuple[NDArray[np.int64], ...]:
    """The buckets of all runs of the given sizes and the index of the middle unit of each."""
    buckets: list[NDArray[np.int64]] = []
    middles: list[NDArray[np.int64]] = []
    for size in sizes:
        count = len(units) - size + 1
        if count <= 0:
            continue
        # Unsigned arithmetic on arrays wraps, which is what a hash wants.
        state = np.full(count, salt * 64 + size, np.uint64)
        for offset in range(size):
            state = (state + units[offset : offset + count]) * _BASE
            state ^= state >> _SHIFT
        for factor in _MIX:
            state = (state ^ (state >> _SHIFT)) * factor
        buckets.append((state >> np.uint64(64 - bits)).astype(np.int64))
        middles.append(np.arange(count, dtype=np.int64) + (size - 1) // 2)
    if not buckets:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return np.concatenate(buckets), np.concatenate(middles)


def _values(buckets: NDArray[np.int64]) -> NDArray[np.float32]:
    if not len(buckets):
        return np.empty(0, np.float32)
    distinct, inverse, counts = np.unique(buckets, return_inverse=True, return_counts=True)
    values: NDArray[np.float32] = (1.0 / (counts[inverse] * np.sqrt(len(distinct)))).astype(np.float32)
    return values
