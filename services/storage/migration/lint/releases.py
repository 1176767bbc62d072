"""What earlier releases held, asked of git: a release is a tag `v<major>.<minor>.<patch>`."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Releases"]

_TAG = re.compile(r"v(\d+)\.(\d+)\.(\d+)$")


@dataclass(frozen=True, slots=True)
class Releases:
    """The releases on the way to HEAD, oldest first. Empty outside a repository, and before the first release."""

    root: Path
    tags: tuple[str, ...]

    @classmethod
    def of(cls, folder: Path) -> "Releases":
        root = _git(folder, "rev-parse", "--show-toplevel").strip()
        merged = _git(folder, "tag", "--merged", "HEAD").split() if root else []
        tags = sorted((tag for tag in merged if _TAG.match(tag)), key=_order)
        return cls(Path(root or folder), tuple(tags))

    def first_with(self, path: Path) -> str | None:
        """The release that a file came with; None if it is in none yet."""
        return next((tag for tag in self.tags if self.text(tag, path) is not None), None)

    def before(self, tag: str | None) -> str | None:
        """The release before one, or the last one for what is in none yet."""
        earlier = self.tags if tag is None else self.tags[: self.tags.index(tag)]
        return earlier[-1] if earlier else None

    def text(self, tag: str, path: Path) -> str | None:
        """A file as it was in a release."""
        name = path.resolve().relative_to(self.root.resolve()).as_posix()
        return _git(self.root, "show", f"{tag}:{name}") or None


def _order(tag: str) -> tuple[int, ...]:
    return tuple(int(number) for number in tag[1:].split("."))


def _git(folder: Path, *arguments: str) -> str:
    """What git prints; nothing where it refuses or is not there."""
    try:
        # Its arguments are names of tags and of files of this repository.
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607
    except FileNotFoundError:
        return ""
    return done.stdout if done.returncode == 0 else ""
