"""Everything that a release consists of, written into one folder."""

import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version as installed
from pathlib import Path

from release.changelog import UNRELEASED, section
from release.chart_package import pack_chart
from release.images import save_images
from release.locked_sbom import write_locked_sbom
from release.provenance import Build, sha256, statement
from release.repository import Repository
from release.versions import versions

__all__ = ["make"]


def make(repository: Repository, folder: Path, *, snapshot: bool, images: bool) -> list[Path]:
    """Wheels, chart, SBOMs, notes, perhaps images, the provenance of all, and SHA256SUMS; returns them sorted.

    All but the images are built of an export of HEAD, so that nothing that is not in the commit is in them.

    Raises:
        subprocess.CalledProcessError: a tool failed, and has said why.
    """
    version = versions(repository.root)["pyproject.toml:0"]
    time = repository.time()
    with tempfile.TemporaryDirectory(prefix="hamlet-release-") as scratch:
        tree = Path(scratch)
        repository.export(tree)
        _wheels(tree, folder, time)
        pack_chart(tree / "helm" / "hamlet", version, folder, time)
        write_locked_sbom(tree, version, folder)
        changelog = (tree / "CHANGELOG.md").read_text()
        notes = section(changelog, version) or section(changelog, UNRELEASED)
        (folder / f"hamlet-{version}.notes.md").write_text(notes + "\n")
        digests = save_images(repository.root, folder) if images else {}
        said = statement(_build(repository, version, snapshot, images), sorted(folder.iterdir()), digests, tree)
    (folder / f"hamlet-{version}.intoto.json").write_text(json.dumps(said, indent=1) + "\n")
    files = sorted(folder.iterdir())
    (folder / "SHA256SUMS").write_text("".join(f"{sha256(path)}  {path.name}\n" for path in files))
    return sorted(folder.iterdir())


def _wheels(tree: Path, folder: Path, time: int) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run(
        [*command, "--wheel-dir", folder, tree / "protos", tree],
        env={**os.environ, "SOURCE_DATE_EPOCH": str(time)},
        check=True,
    )


def _build(repository: Repository, version: str, snapshot: bool, images: bool) -> Build:
    return Build(
        builder=os.environ.get("HAMLET_BUILDER", "https://hamlet.example.com/builders/by-hand"),
        source=os.environ.get("HAMLET_SOURCE", "git+https://hamlet.example.com/hamlet"),
        ref="HEAD" if snapshot else f"refs/tags/v{version}",
        revision=repository.revision(),
        options={"snapshot": snapshot, "images": images},
        tools={"python": platform.python_version(), "hatchling": installed("hatchling")},
    )
