"""The version: written in `pyproject.toml`, and repeated where a tool must read it from a file of its own."""

import re
from pathlib import Path

__all__ = ["PLACES", "set_version", "versions"]

PLACES = {
    "pyproject.toml": (r'(?m)^version = "([^"]+)"', r'"hamlet-protos==([^"]+)"'),
    "protos/pyproject.toml": (r'(?m)^version = "([^"]+)"',),
    "helm/hamlet/Chart.yaml": (r"(?m)^version: (\S+)", r'(?m)^appVersion: "([^"]+)"'),
    "docker/.env": (r"(?m)^VILLAGE_TAG=(\S+)",),
    "protos/typescript/rest/package.json": (r'(?m)^  "version": "([^"]+)"',),
}
"""Files, and expressions whose only group is the version. Images and the OpenAPI document take `pyproject.toml`'s."""


def versions(root: Path) -> dict[str, str]:
    """What each place says, by file and number of the place in it.

    Raises:
        ValueError: a place does not say it, or says it more than once.
    """
    said: dict[str, str] = {}
    for name, expressions in PLACES.items():
        text = (root / name).read_text()
        for number, expression in enumerate(expressions):
            found = re.findall(expression, text)
            if len(found) != 1:
                raise ValueError(f"{name}: {expression} is there {len(found)} times")
            said[f"{name}:{number}"] = found[0]
    return said


def set_version(root: Path, version: str) -> list[Path]:
    """Writes the version everywhere; returns the files."""
    for name, expressions in PLACES.items():
        text = (root / name).read_text()
        for expression in expressions:
            match = re.search(expression, text)
            if match is None:
                raise ValueError(f"{name}: no place for a version ({expression})")
            text = text[: match.start(1)] + version + text[match.end(1) :]
        (root / name).write_text(text)
    return [root / name for name in PLACES]
