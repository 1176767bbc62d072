"""Spins a spammer's templates into the comments that they produce: `{a|b {c|d}}` picks one alternative, inside out."""

import hashlib
import random
import re
from pathlib import Path
from typing import Final

from model.comment import Comment
from model.data.records import Record
from model.data.sources import SPAM
from model.errors import DataError

__all__ = ["TEMPLATES", "TEMPLATES_SHA256", "spin", "spun_records"]

TEMPLATES: Final = "blogs/spintax_templates.txt"
TEMPLATES_SHA256: Final = "d7cf6e3e9a40cff90e034d6a4f9334fc8c292a0d5f81688cfc95769989bd5997"
_CHOICE = re.compile(r"\{([^{}]*)\}")


def spun_records(data_dir: Path, per_template: int, seed: int) -> list[Record]:
    """`per_template` comments from every template, labelled spam; the same seed spins the same comments.

    Raises:
        DataError: the templates are missing or are not the pinned file.
    """
    path = data_dir / TEMPLATES
    if not path.is_file():
        raise DataError(f"{TEMPLATES}: no such file in the corpora")
    raw = path.read_bytes()
    if hashlib.sha256(raw).hexdigest() != TEMPLATES_SHA256:
        raise DataError(f"{TEMPLATES}: not the pinned file (SHA-256 differs)")
    chooser = random.Random(seed)  # noqa: S311 - variety, not secrecy
    templates = [line for line in raw.decode().splitlines() if line.strip()]
    spins = [spin(template, chooser) for template in templates for _ in range(per_template)]
    return [Record(Comment(text), SPAM, path.stem) for text in spins]


def spin(template: str, chooser: random.Random) -> str:
    """One comment from a template. Braces without a partner stay as they are."""
    text, choices = template, 1
    while choices:
        text, choices = _CHOICE.subn(lambda match: chooser.choice(match.group(1).split("|")), text)
    return text
