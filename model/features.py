"""What the n-gram model sees of a comment: hashed n-grams of four fields and a few counts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.comment import Comment
from model.ngrams import Grams, grams
from model.normalise import NormalText, fold, normalise, url_words

__all__ = ["COUNTS", "Features", "Field", "features"]

_LINKS_READ = 20


class Field(IntEnum):
    """Where n-grams come from; the same word in two fields is two features."""

    TEXT = 0
    AUTHOR_NAME = 1
    AUTHOR_URL = 2
    LINKS = 3


# The order is the order of the columns of `Features.counts`, and of the weights in a bundle.
COUNTS: Final = (
    "links",
    "link_density",
    "markup",
    "author_url",
    "emails",
    "disguised",
    "shouting",
    "length",
    "on_topic",
)


@dataclass(frozen=True, slots=True)
class Features:
    """The features of one comment.

    Attributes:
        fields: the n-grams of each field, in the order of `Field`.
        counts: (len(COUNTS),) float32, each about 0 to 1.
        urls: the links of the text, without scheme.
    """

    fields: tuple[Grams, ...]
    counts: NDArray[np.float32]
    urls: tuple[str, ...]


def features(comment: Comment, bits: int) -> Features:
    """The features of a comment, n-grams in `2**bits` buckets. Reads no address, e-mail, user agent or date."""
    normal = normalise(comment.text)
    name, _ = fold(comment.author_name)
    links = " ".join(url_words(url) for url in normal.urls[:_LINKS_READ])
    sources = (normal.text, name, url_words(comment.author_url), links)
    fields = tuple(grams(source, 2 * field, bits) for field, source in zip(Field, sources, strict=True))
    return Features(fields, _counts(comment, normal, fields[Field.TEXT].words), normal.urls)


def _counts(comment: Comment, normal: NormalText, words: Sequence[str]) -> NDArray[np.float32]:
    links = len(normal.urls)
    return np.array(
        [
            min(math.log1p(links) / 3, 1.0),
            links / (links + len(words) / 5 + 1),
            float(normal.markup),
            float(bool(comment.author_url.strip())),
            min(normal.emails, 2) / 2,
            min(math.log1p(normal.disguised) / 2, 1.0),
            normal.shouting,
            min(math.log1p(len(words)) / 6, 1.0),
            _on_topic(comment.post_title, words),
        ],
        np.float32,
    )


def _on_topic(title: str, words: Sequence[str]) -> float:
    """The share of the title's longer words that the text repeats, 0 to 1."""
    telling = {word for word in fold(title)[0].split() if len(word) > 3}
    return len(telling.intersection(words)) / len(telling) if telling else 0.0
