"""Why a comment got its log-odds: the exact contribution of each thing, grouped as a person would name it.

The model is linear, so every n-gram contributes its weight times its value; summed over the groups, with what the
model believes before it reads anything, that is the verdict's log-odds. Nothing is estimated.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.features import COUNTS, Features, Field
from model.ngrams import Grams
from model.verdict import Reason

__all__ = ["DESCRIPTIONS", "explain"]

DESCRIPTIONS: Final = {
    "SPAM_WORDS": "Words and phrases that are common in spam",
    "HAM_WORDS": "Words and phrases that are common in wanted comments",
    "AUTHOR_NAME": "The author's name, compared with the names that spammers and readers use",
    "AUTHOR_URL": "The author's web address: that there is one, and what it says",
    "LINKS": "The links in the text: how many there are, and where they lead",
    "MARKUP": "Link markup (HTML or BBCode) in the text",
    "CONTACT": "An e-mail address in the text",
    "DISGUISE": "Letters of other alphabets or invisible characters inside words",
    "SHOUTING": "The share of capital letters",
    "LENGTH": "The length of the text",
    "ON_TOPIC": "Words of the post's title that the comment takes up",
    "BASELINE": "What the model assumes before it reads the comment",
}
_COUNT_CODES: Final = dict(
    zip(
        COUNTS,
        ("LINKS", "LINKS", "MARKUP", "AUTHOR_URL", "CONTACT", "DISGUISE", "SHOUTING", "LENGTH", "ON_TOPIC"),
        strict=True,
    )
)
_FIELD_CODES: Final = {Field.AUTHOR_NAME: "AUTHOR_NAME", Field.AUTHOR_URL: "AUTHOR_URL", Field.LINKS: "LINKS"}
_EVIDENCE: Final = 8
_EVIDENCE_LENGTH: Final = 100


def explain(
    seen: Features, gram_weights: Sequence[NDArray[np.float32]], count_weights: NDArray[np.float32], bias: float
) -> tuple[Reason, ...]:
    """The reasons for one comment, the weightiest first, the baseline last.

    Args:
        gram_weights: per field, (n,) the model's weight of each n-gram, calibrated.
        count_weights: (len(COUNTS),) the weight of each count, calibrated.
        bias: calibrated log-odds of a comment without any feature.
    """
    reasons = dict.fromkeys(DESCRIPTIONS, 0.0)
    evidence: dict[str, tuple[str, ...]] = {}
    words = _per_word(seen.fields[Field.TEXT], gram_weights[Field.TEXT])
    for code, sign in (("SPAM_WORDS", 1.0), ("HAM_WORDS", -1.0)):
        side = np.maximum(sign * words, 0.0)
        reasons[code] = sign * float(side.sum())
        evidence[code] = _heaviest(seen.fields[Field.TEXT].words, side)
    for field, code in _FIELD_CODES.items():
        parts = _per_word(seen.fields[field], gram_weights[field])
        reasons[code] += float(parts.sum())
        evidence[code] = _heaviest(seen.fields[field].words, np.abs(parts))
    for name, count, weight in zip(COUNTS, seen.counts, count_weights, strict=True):
        reasons[_COUNT_CODES[name]] += float(count * weight)
    baseline = Reason("BASELINE", DESCRIPTIONS["BASELINE"], bias)
    found = [
        Reason(code, DESCRIPTIONS[code], weight, evidence.get(code, ()))
        for code, weight in reasons.items()
        if weight and code != "BASELINE"
    ]
    return (*sorted(found, key=lambda reason: -abs(reason.weight)), baseline)


def _per_word(grams: Grams, weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """(len(words),): what the n-grams in the middle of each word contribute together."""
    return np.bincount(grams.tokens, weights * grams.values, minlength=len(grams.words)).astype(np.float64)


def _heaviest(words: Sequence[str], weights: NDArray[np.float64]) -> tuple[str, ...]:
    """The distinct words of the greatest total weight, without those that weigh nothing."""
    totals: dict[str, float] = {}
    for word, weight in zip(words, weights, strict=True):
        totals[word] = totals.get(word, 0.0) + float(weight)
    ranked = sorted((word for word in totals if totals[word] > 0.0), key=lambda word: -totals[word])
    return tuple(word[:_EVIDENCE_LENGTH] for word in ranked[:_EVIDENCE])
