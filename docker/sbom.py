"""A CycloneDX 1.6 document of an image: its Python distributions and its Debian packages, as they are in it."""

import json
import re
import subprocess
import uuid
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from docker.binaries import linked
from docker.images import Image

__all__ = ["components", "document", "write_sbom"]

Component = dict[str, Any]


def write_sbom(image: Image, reference: str, version: str, revision: str, folder: Path) -> Path:
    """Reads the built image `reference` and writes `<name>.cdx.json` into `folder`. Needs root."""
    container = _buildah("from", "--pull-never", reference)
    try:
        found = components(Path(_buildah("mount", container)))
    finally:
        _buildah("rm", container)
    path = folder / f"{image.name}.cdx.json"
    path.write_text(json.dumps(document(image, version, revision, found), indent=1) + "\n")
    return path


def document(image: Image, version: str, revision: str, found: list[Component]) -> dict[str, Any]:
    """The same image gives the same document."""
    properties = {"hamlet:workloads": ",".join(image.workloads), "hamlet:revision": revision}
    seed = json.dumps([image.name, version, revision, found])
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, seed)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "container",
                "bom-ref": image.name,
                "name": image.name,
                "version": version,
                "properties": [{"name": name, "value": value} for name, value in properties.items()],
            }
        },
        "components": found,
    }


def components(root: Path) -> list[Component]:
    """What is installed below `root`, by package URL (github.com/package-url/purl-spec)."""
    found = {str(each["bom-ref"]): each for each in (*_linked(root), *_carried(root), *_python(root), *_debian(root))}
    return [found[reference] for reference in sorted(found)]


def _installed(root: Path) -> Iterator[Distribution]:
    return iter(distributions(path=[str(path) for path in root.glob("opt/hamlet/lib/python3*/site-packages")]))


def _carried(root: Path) -> Iterator[Component]:
    """What wheels say (PEP 770) that they carry within: C libraries, Rust crates."""
    for each in _installed(root):
        for file in each.files or ():
            if file.parent.name == "sboms" and file.suffix == ".json":
                for inner in json.loads(Path(file.locate()).read_text()).get("components", ()):
                    if "purl" in inner:
                        component = _component(inner["name"], inner.get("version", ""), inner["purl"])
                        yield _within(component, each)


def _linked(root: Path) -> Iterator[Component]:
    """What is in their programs and libraries and was not said."""
    for each in _installed(root):
        for name, version in linked(each):
            purl = f"pkg:generic/{name}" + (f"@{version}" if version else "")
            yield _within(_component(name, version, purl), each)


def _within(component: Component, wheel: Distribution) -> Component:
    """Two wheels may carry the same."""
    reference = f"{component['purl']}#{wheel.name}"
    return component | {"bom-ref": reference, "properties": [{"name": "hamlet:within", "value": wheel.name}]}


def _python(root: Path) -> Iterator[Component]:
    for each in _installed(root):
        name = re.sub(r"[-_.]+", "-", each.name).lower()
        version = each.version.replace("+", "%2B")
        yield _component(name, each.version, f"pkg:pypi/{name}@{version}", each.metadata["License-Expression"])


def _debian(root: Path) -> Iterator[Component]:
    for path in sorted((root / "var/lib/dpkg/status.d").iterdir()):
        fields = dict(re.findall(r"(?m)^(Package|Version|Architecture|Source): (\S.*)$", path.read_text()))
        name, version = fields["Package"], fields["Version"]
        encoded = version.replace("+", "%2B").replace(":", "%3A")
        component = _component(name, version, f"pkg:deb/debian/{name}@{encoded}?arch={fields['Architecture']}")
        # Debian's advisories are about source packages: openssl, and not libssl3.
        source = (fields.get("Source") or name).partition(" ")[0]
        yield component | {"properties": [{"name": "hamlet:source", "value": source}]}


def _component(name: str, version: str, purl: str, licence: str | None = None) -> Component:
    component: Component = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    return component | ({"licenses": [{"expression": licence}]} if licence else {})


def _buildah(*arguments: str) -> str:
    return subprocess.run(["buildah", *arguments], check=True, capture_output=True, text=True).stdout.strip()
