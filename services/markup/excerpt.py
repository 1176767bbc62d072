"""The beginning of a text without its markup."""

import html
import re

from services.markup.profile import Profile
from services.markup.rendering import to_html

__all__ = ["excerpt"]

_TAG = re.compile(r"<[^>]*>")
_SPACE = re.compile(r"\s+")
_MOST_READ = 4_000


def excerpt(text: str, length: int = 300) -> str:
    """At most `length` characters, ended at a word."""
    plain = _SPACE.sub(" ", html.unescape(_TAG.sub(" ", to_html(text[:_MOST_READ], Profile.COMMENT)))).strip()
    if len(plain) <= length:
        return plain
    return plain[: length - 1].rsplit(" ", 1)[0] + "…"
