"""`hamlet sbom`: what is in the images, from the documents (CycloneDX) that were made with them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cyclopts import App

from services.cli.refusal import RefusedError

__all__ = ["Affected", "affected", "app"]

app = App(name="sbom", help="What is in the images.")
_FOLDER = Path("dist") / "sbom"


@dataclass(frozen=True, slots=True)
class Affected:
    """An image that holds the package.

    Attributes:
        image, image_version: which image.
        workloads: what runs in it.
        ecosystem: `pypi` or `deb`.
        package, version: as they are in the image.
        within: the wheel that carries it within itself, mostly none.
    """

    image: str
    image_version: str
    workloads: tuple[str, ...]
    ecosystem: str
    package: str
    version: str
    within: str = ""


@app.command
def find(package: str, version: str = "", /, *, folder: Path = _FOLDER) -> int:
    """List the images, and what runs in them, that hold a package. The status is 1 where there are any.

    Args:
        package: a name as advisories give it, a source package's too; case, `-`, `_` and `.` do not matter.
        version: only this version; every one without it.
        folder: where the documents are, `*.cdx.json`.
    """
    found = [each for each in affected(folder, package) if version in {"", each.version}]
    for each in found:
        print(
            f"{each.image} {each.image_version}  {each.package} {each.version} ({each.ecosystem}"
            f"{f', within {each.within}' if each.within else ''})"
            f"  runs {', '.join(each.workloads)}"
        )
    looked = len(list(folder.glob("*.cdx.json")))
    print(f"{len({each.image for each in found})} of {looked} images hold {package}{f' {version}' if version else ''}")
    return 1 if found else 0


def affected(folder: Path, package: str) -> list[Affected]:
    """
    Raises:
        RefusedError: there are no documents, or one is not CycloneDX: "none affected" would be a lie.
    """
    paths = sorted(folder.glob("*.cdx.json"))
    if not paths:
        raise RefusedError(f"no SBOM in {folder}; `make images` writes them, and releases carry them")
    return [each for path in paths for each in _in(path, _plain(package))]


def _in(path: Path, wanted: str) -> Iterator[Affected]:
    try:
        document = json.loads(path.read_text())
        image, components = document["metadata"]["component"], document["components"]
        told = {each["name"]: each["value"] for each in image["properties"]}
        workloads = tuple(told["hamlet:workloads"].split(","))
        matching = [each for each in components if wanted in _names(each)]
        yield from (_affected(image, workloads, each) for each in matching)
    except (ValueError, KeyError, TypeError):
        raise RefusedError(f"{path} is not an SBOM of ours") from None


def _affected(image: dict[str, Any], workloads: tuple[str, ...], component: dict[str, Any]) -> Affected:
    ecosystem = component["purl"].removeprefix("pkg:").partition("/")[0]
    within = "".join(_told(component, "hamlet:within"))
    return Affected(
        image["name"], image["version"], workloads, ecosystem, component["name"], component["version"], within
    )


def _names(component: dict[str, Any]) -> set[str]:
    """A package's name, and that of the source package that it was made of."""
    return {_plain(name) for name in (component["name"], *_told(component, "hamlet:source"))}


def _told(component: dict[str, Any], name: str) -> list[str]:
    return [each["value"] for each in component.get("properties", ()) if each["name"] == name]


def _plain(name: str) -> str:
    """A name as PEP 503 compares them."""
    return re.sub(r"[-_.]+", "-", name).lower()
