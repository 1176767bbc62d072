"""Addresses of posts, made from their titles."""

import re
import unicodedata

__all__ = ["candidates", "slug_of"]

_LONGEST = 90
_OTHER = re.compile(r"[^a-z0-9]+")


def slug_of(title: str) -> str:
    """a-z, 0-9 and `-`; "post" for a title without any of them."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return _OTHER.sub("-", plain).strip("-")[:_LONGEST].strip("-") or "post"


def candidates(title: str, taken: frozenset[str]) -> str:
    """The title's slug, with the first number from 2 on that is not taken if it is."""
    base = slug_of(title)
    if base not in taken:
        return base
    return next(found for number in range(2, len(taken) + 3) if (found := f"{base}-{number}") not in taken)
