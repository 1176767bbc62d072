"""What a post can be found by. The same on every database, because neither's own search has a say in it."""

import math
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

__all__ = ["Index", "Query", "index_of", "query_of"]

_WORD = re.compile(r"[^\W_]+")
_QUOTED = re.compile(r'"([^"]*)"')
_LONGEST_WORD, _MOST_WORDS = 40, 5_000
_TITLE_WEIGHT, _SCALE = 8, 1_000


@dataclass(frozen=True, slots=True)
class Index:
    """What is stored of a post.

    Attributes:
        weights: by word; more for a word that is in the title or occurs often.
        text: all words in order with a blank around each, for phrases.
    """

    weights: dict[str, int]
    text: str


@dataclass(frozen=True, slots=True)
class Query:
    """Words that must all occur, and phrases whose words must follow each other."""

    words: tuple[str, ...]
    phrases: tuple[str, ...]


def index_of(title: str, body: str) -> Index:
    in_title, in_body = _words(title), _words(body)
    counts = Counter(in_body[:_MOST_WORDS])
    for word in in_title:
        counts[word] += _TITLE_WEIGHT
    weights = {word: round(_SCALE * math.log1p(count)) for word, count in counts.items()}
    return Index(weights, f" {' '.join(in_title)} \n {' '.join(in_body)} ")


def query_of(text: str) -> Query:
    phrases = [" ".join(_words(quoted)) for quoted in _QUOTED.findall(text)]
    return Query(
        words=tuple(dict.fromkeys(_words(text))),
        phrases=tuple(phrase for phrase in dict.fromkeys(phrases) if " " in phrase),
    )


def _words(text: str) -> list[str]:
    return [word[:_LONGEST_WORD] for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold())]
