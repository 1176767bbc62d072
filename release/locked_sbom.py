"""A CycloneDX 1.6 document of what runs in production, read from the lock: there without an image having been built."""

import json
import re
import uuid
from pathlib import Path
from typing import Any

__all__ = ["write_locked_sbom"]

_PINNED = re.compile(r"^(?P<name>[\w.-]+)(?:\[[\w,]+\])?==(?P<version>\S+)(?P<rest>(?:.*\\\n)*.*)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def write_locked_sbom(tree: Path, version: str, folder: Path) -> Path:
    """Writes `hamlet-<version>.cdx.json`; the same tree gives the same bytes. torch is pinned and has no hashes."""
    torch = re.search(r'"torch==([^"]+)"', (tree / "pyproject.toml").read_text())
    found = [_component(match) for match in _PINNED.finditer((tree / "requirements" / "app.txt").read_text())]
    if torch is None or not found:
        raise ValueError("requirements/app.txt or pyproject.toml says nothing of what runs")
    found.append(_library("torch", torch[1]))
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([version, found]))}",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": "hamlet", "name": "hamlet", "version": version},
        },
        "components": found,
    }
    path = folder / f"hamlet-{version}.cdx.json"
    path.write_text(json.dumps(document, indent=1) + "\n")
    return path


def _component(match: re.Match[str]) -> dict[str, Any]:
    """A wheel may have many builds; their hashes are properties, because CycloneDX's `hashes` are of one file."""
    hashes = [{"name": "hamlet:wheel-sha256", "value": value} for value in _HASH.findall(match["rest"])]
    return _library(match["name"], match["version"]) | {"properties": hashes}


def _library(name: str, version: str) -> dict[str, Any]:
    purl = f"pkg:pypi/{re.sub(r'[-_.]+', '-', name).lower()}@{version}"
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
