"""What git knows of a commit: its tag, its time, whether everything is in it, and its files."""

import io
import re
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

__all__ = ["TAG", "Repository"]

TAG = re.compile(r"v(?P<version>\d+\.\d+\.\d+)$")
"""What a release's tag looks like."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A checkout at `root`."""

    root: Path

    def revision(self) -> str:
        return self.git("rev-parse", "HEAD")

    def time(self) -> int:
        """Seconds since 1970 at which HEAD was committed: the one time that its artefacts know."""
        return int(self.git("show", "--no-patch", "--format=%ct", "HEAD"))

    def changes(self) -> list[str]:
        """Files that are not as in HEAD, or not in it."""
        return [line[3:] for line in self.git("status", "--porcelain").splitlines()]

    def versions(self) -> list[str]:
        """The versions that HEAD is tagged with."""
        return [match["version"] for tag in self.git("tag", "--points-at", "HEAD").split() if (match := TAG.match(tag))]

    def export(self, folder: Path, revision: str = "HEAD", *paths: str) -> None:
        """Writes the files of a revision, all of them or those under `paths`, as git has them.

        Raises:
            subprocess.CalledProcessError: there is no such revision or path.
        """
        archive = subprocess.run(
            ["git", "-C", self.root, "archive", "--format=tar", revision, *paths], check=True, capture_output=True
        ).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(folder, filter="data")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", "-C", self.root, *arguments], check=True, capture_output=True, text=True)
        return done.stdout.rstrip("\n")
