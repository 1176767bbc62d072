"""Keeps secrets and personal data out of logs by the names of their keys."""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

__all__ = ["REDACTED", "redact"]

REDACTED = "[redacted]"

_SECRET = re.compile(
    r"pass(word|wd|phrase)|secret|token(?!s$)|authorization|cookie|credential|api_?key|private_?key|"
    r"e_?mail|(^|_)ip(_|$)|ip_?address|user_agent|author_(name|url)|display_name",
    re.IGNORECASE,
)
_PERSONAL_TEXT = re.compile(
    r"(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+|\beyJ[\w-]{8,1024}+\.[\w-]++\.[\w-]*",
)
"""An e-mail address or a JSON Web Token inside a text. It goes on from where it failed and never back, because the text
may be a stranger's: without that, 16 kB of one letter held a process for a second."""
_DEPTH = 6


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: values of telling keys, e-mail addresses and tokens inside texts are replaced."""
    for key, value in event.items():
        event[key] = _clean(key, value, _DEPTH)
    return event


def _clean(key: str, value: Any, depth: int) -> Any:
    if _SECRET.search(key):
        return REDACTED
    if isinstance(value, str):
        return _PERSONAL_TEXT.sub(REDACTED, value)
    if isinstance(value, bool | int | float | None):
        return value
    if depth == 0:
        return REDACTED
    if isinstance(value, Mapping):
        return {str(name): _clean(str(name), each, depth - 1) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean("", each, depth - 1) for each in value]
    return _PERSONAL_TEXT.sub(REDACTED, str(value))
