"""The changelog, in the format of Keep a Changelog: a section for each release, and `Unreleased` on top."""

import re

__all__ = ["UNRELEASED", "released", "section"]

UNRELEASED = "Unreleased"


def section(text: str, name: str) -> str:
    """What stands under `## <name>`, with or without a date; empty where there is no such section."""
    found = re.search(rf"(?ms)^## {re.escape(name)}(?: - \d{{4}}-\d\d-\d\d)?\n(.*?)(?=^## |\Z)", text)
    return found[1].strip() if found else ""


def released(text: str, version: str, date: str) -> str:
    """The changelog in which what was unreleased is the section of `version`, and nothing is unreleased.

    Raises:
        ValueError: nothing is unreleased, or the version has its section already.
    """
    if not re.search(r"(?m)^- ", section(text, UNRELEASED)):
        raise ValueError("CHANGELOG.md says nothing under Unreleased: a release without a change is none")
    if section(text, version):
        raise ValueError(f"CHANGELOG.md has a section {version} already")
    return text.replace(f"## {UNRELEASED}\n", f"## {UNRELEASED}\n\n## {version} - {date}\n", 1)
