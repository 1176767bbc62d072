"""All sources together: every labelled comment with its part, its weight and whether it may teach."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.data.duplicates import near_duplicates
from model.data.records import Record, read_source
from model.data.sources import SPAM, Family, Source
from model.data.spintax import TEMPLATES, TEMPLATES_SHA256, spun_records
from model.data.split import Part, split

__all__ = ["Corpus", "load_corpus"]

_NOBODYS = -1


@dataclass(frozen=True, slots=True)
class Corpus:
    """n labelled comments; all arrays are (n,) and in the order of `records`.

    Attributes:
        labels: int64, 1 is spam.
        sources: the name of each record's file.
        groups: int64, one number for all near-duplicates of a text; spun comments are nobody's.
        parts: what each record is for.
        teaches: whether a record may be trained on at all: its part is TRAIN and its source teaches its label.
        weights: float32, what a record counts in the loss.
        blogs: the names of the sources that are blogs and hold comments as they were posted.
        spam_only: the names of the sources whose ham teaches nothing.
        data: SHA-256 by path of every file that was read.
    """

    records: Sequence[Record]
    labels: NDArray[np.int64]
    sources: NDArray[np.str_]
    groups: NDArray[np.int64]
    parts: NDArray[np.object_]
    teaches: NDArray[np.bool_]
    weights: NDArray[np.float32]
    blogs: tuple[str, ...]
    spam_only: frozenset[str]
    data: dict[str, str]

    def where(self, *parts: Part) -> NDArray[np.bool_]:
        return np.array([part in parts for part in self.parts])


def load_corpus(
    data_dir: Path, sources: Sequence[Source], *, spins: int = 0, spun_weight: float = 1.0, seed: int = 0
) -> Corpus:
    """Read, check and divide the sources; `spins` comments per spammer's template are added for training alone.

    Raises:
        DataError: a file is missing or is not the pinned one.
    """
    read = [(source, record) for source in sources for record in read_source(data_dir, source)]
    records = [record for _, record in read]
    texts = [record.comment.text for record in records]
    groups = near_duplicates(texts)
    parts = split(texts, groups)
    names = [source.name for source, _ in read]
    weights = [source.weight for source, _ in read]
    teaches = [
        part is Part.TRAIN and record.label in source.trains for part, (source, record) in zip(parts, read, strict=True)
    ]
    data = {source.path: source.sha256 for source in sources}
    if spins:
        spun = spun_records(data_dir, spins, seed)
        records += spun
        groups += [_NOBODYS] * len(spun)
        parts += [Part.TRAIN] * len(spun)
        names += [record.source for record in spun]
        weights += [spun_weight] * len(spun)
        teaches += [True] * len(spun)
        data[TEMPLATES] = TEMPLATES_SHA256
    return Corpus(
        records,
        np.array([record.label for record in records], np.int64),
        np.array(names),
        np.array(groups, np.int64),
        np.array(parts, object),
        np.array(teaches),
        np.array(weights, np.float32),
        tuple(source.name for source in sources if source.family is Family.BLOG),
        frozenset(source.name for source in sources if source.trains == {SPAM}),
        data,
    )
