"""What is off with labelled comments, before anything learns from them.

Each check holds a source against the profile that was written down when a person last looked at it. A finding is a
sentence for that person; any finding stops a training run.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.data.profile import Profile
from model.data.split import Part

__all__ = ["Finding", "compare", "inspect", "leaks"]

_LOST: Final = 0.10
_BALANCE: Final = 0.05
_EMPTIED: Final = 0.02
_DISTINCT: Final = 0.05
_DISPUTED: Final = 0.01
_AGREEMENT: Final = 0.03
_STABILITY: Final = 0.25
"""The population stability index from which a distribution counts as another one (Siddiqi, Credit Risk Scorecards)."""
_DIVERGENCE: Final = 0.02
"""In bits (Jensen-Shannon). Measured: halves of a corpus differ by less than 0.001, of one of fifty comments by 0.011;
English blogs from Portuguese ones by 0.06, from Indonesian comments by 0.09."""
_UNKNOWN_EMPTIED, _UNKNOWN_DISPUTED = 0.10, 0.10
_FLOOR: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Finding:
    """
    Attributes:
        check: machine-readable: LOST_CLASS, BALANCE, CLEANING, LENGTH, LANGUAGE, DUPLICATES, LABELS or LEAK.
        source: the name of the corpus.
        sentence: what was found, in numbers.
    """

    check: str
    source: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.source}: {self.check}: {self.sentence}"


def inspect(source: str, found: Profile) -> Iterator[Finding]:
    """What is wrong with a corpus that nobody has looked at."""
    for label, share in (("ham", found.emptied_ham), ("spam", found.emptied_spam)):
        if share > _UNKNOWN_EMPTIED:
            yield Finding("CLEANING", source, f"cleaning leaves nothing of {share:.1%} of the {label}")
    if found.disputed > _UNKNOWN_DISPUTED:
        sentence = f"{found.disputed:.1%} of the records have a near-duplicate with the other label"
        yield Finding("LABELS", source, sentence)


def compare(source: str, found: Profile, known: Profile) -> Iterator[Finding]:
    """What is different from the corpus that a person looked at."""
    yield from _lost(source, found, known)
    share, was = (each.spam / max(each.ham + each.spam, 1) for each in (found, known))
    if abs(share - was) > _BALANCE:
        yield Finding("BALANCE", source, f"{share:.1%} are spam, {was:.1%} were")
    for label in ("ham", "spam"):
        emptied, before = getattr(found, f"emptied_{label}"), getattr(known, f"emptied_{label}")
        if emptied > before + _EMPTIED:
            yield Finding(
                "CLEANING", source, f"cleaning leaves nothing of {emptied:.1%} of the {label}, was {before:.1%}"
            )
    if (index := _stability(found.lengths, known.lengths)) > _STABILITY:
        yield Finding("LENGTH", source, f"texts have other lengths than before (stability index {index:.2f})")
    if (bits := _divergence(found.letters, known.letters)) > _DIVERGENCE:
        yield Finding("LANGUAGE", source, f"texts have other letters than before (divergence {bits:.3f} bits)")
    if found.distinct < known.distinct - _DISTINCT:
        yield Finding(
            "DUPLICATES", source, f"{found.distinct:.1%} of the texts are distinct, {known.distinct:.1%} were"
        )
    yield from _labels(source, found, known)


def leaks(sources: NDArray[np.str_], groups: NDArray[np.int64], parts: Sequence[Part]) -> Iterator[Finding]:
    """Near-duplicates that lie in two parts, so that a model is tested on what it has learnt.

    Args:
        sources, groups, parts: (n,) of each record its corpus, its group of near-duplicates and its part.
    """
    numbers = np.array([list(Part).index(part) for part in parts])
    pairs = np.unique(np.stack([groups, numbers]), axis=1)
    several, times = np.unique(pairs[0], return_counts=True)
    torn = np.isin(groups, several[times > 1])
    for name in dict.fromkeys(sources[torn].tolist()):
        count = int((torn & (sources == name)).sum())
        yield Finding("LEAK", name, f"{count} records have a near-duplicate in another part of the split")


def _lost(source: str, found: Profile, known: Profile) -> Iterator[Finding]:
    counts: Mapping[str, tuple[int, int]] = {"ham": (found.ham, known.ham), "spam": (found.spam, known.spam)}
    for label, (now, before) in counts.items():
        if now < (1 - _LOST) * before:
            yield Finding("LOST_CLASS", source, f"{now} records are {label}, {before} were")


def _labels(source: str, found: Profile, known: Profile) -> Iterator[Finding]:
    if found.disputed > known.disputed + _DISPUTED:
        yield Finding(
            "LABELS",
            source,
            f"{found.disputed:.1%} of the records have a near-duplicate with the other label, {known.disputed:.1%} had",
        )
    if found.agreement is None or known.agreement is None:
        return
    if found.agreement < known.agreement - _AGREEMENT:
        yield Finding(
            "LABELS",
            source,
            f"the shipped model orders them as the labels do with AUC {found.agreement:.3f}, was {known.agreement:.3f}",
        )


def _stability(found: Sequence[float], known: Sequence[float]) -> float:
    now, before = (np.maximum(each, _FLOOR) for each in (found, known))
    return float(((now - before) * np.log(now / before)).sum())


def _divergence(found: Sequence[float], known: Sequence[float]) -> float:
    now, before = (np.maximum(each, _FLOOR) / np.maximum(each, _FLOOR).sum() for each in (found, known))
    middle = (now + before) / 2
    return float((now * np.log2(now / middle) + before * np.log2(before / middle)).sum() / 2)
