"""Looks at all corpora at once, and knows what they were like when a person last looked."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from model.data.checks import Finding, compare, inspect, leaks
from model.data.corpus import Corpus
from model.data.profile import Profile, profile_of
from model.errors import DataError

__all__ = ["KNOWN", "as_json", "findings", "known_profiles", "profiles", "require_sound"]

KNOWN: Final = Path(__file__).parent / "profiles.json"
"""The profiles that were written down."""


def profiles(corpus: Corpus, logits: NDArray[np.float64] | None = None) -> dict[str, Profile]:
    """Per source, of the comments as they were posted.

    Args:
        logits: (n,) what the shipped model says of each record; without it labels are not held against a model.
    """
    found = {}
    for name in dict.fromkeys(corpus.sources[corpus.groups >= 0].tolist()):
        rows = np.flatnonzero(corpus.sources == name)
        scored = None if logits is None else logits[rows]
        found[name] = profile_of([corpus.records[row] for row in rows.tolist()], corpus.groups[rows], scored)
    return found


def findings(corpus: Corpus, found: Mapping[str, Profile], known: Mapping[str, Profile]) -> list[Finding]:
    """All that is off. A source that is not known is looked at by itself."""
    listed: list[Finding] = []
    for name, profile in found.items():
        listed += compare(name, profile, known[name]) if name in known else inspect(name, profile)
    posted = corpus.groups >= 0
    listed += leaks(corpus.sources[posted], corpus.groups[posted], corpus.parts[posted].tolist())
    return listed


def require_sound(corpus: Corpus, logits: NDArray[np.float64] | None = None) -> None:
    """
    Raises:
        DataError: something is off, all of which its text says.
    """
    if listed := findings(corpus, profiles(corpus, logits), known_profiles()):
        raise DataError("the corpora are not fit to learn from:\n" + "\n".join(map(str, listed)))


def known_profiles(path: Path = KNOWN) -> dict[str, Profile]:
    """
    Raises:
        DataError: the file holds something else than profiles.
    """
    try:
        written: dict[str, dict[str, Any]] = json.loads(path.read_text())
        return {
            name: Profile(**{**fields, "lengths": tuple(fields["lengths"]), "letters": tuple(fields["letters"])})
            for name, fields in written.items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(f"{path.name}: not readable as profiles of corpora") from error


def as_json(found: Mapping[str, Profile]) -> str:
    """One line per source, so that a difference between two files says which one changed."""
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(asdict(profile))}" for name, profile in sorted(found.items()))
    return f"{{\n{lines}\n}}\n"
