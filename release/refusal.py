"""Why a commit is no release."""

from collections.abc import Iterator
from pathlib import Path

from release.changelog import section
from release.repository import Repository
from release.versions import versions

__all__ = ["refusals"]


def refusals(repository: Repository, *, snapshot: bool) -> Iterator[str]:
    """Sentences that say what to do; none if HEAD may be released. A snapshot needs no tag, and leaves changes out."""
    said = versions(repository.root)
    if len(set(said.values())) != 1:
        yield f"the version is written differently: {said}; `make version NEW=...` writes it everywhere"
        return
    version = next(iter(said.values()))
    if snapshot:
        return
    if changes := repository.changes():
        shown = ", ".join(changes[:5]) + (" ..." if len(changes) > 5 else "")
        yield f"not in the commit: {shown}. Commit or remove it; `make release ARGS=--snapshot` tries HEAD without it"
    if version not in repository.versions():
        tagged = ", ".join(f"v{each}" for each in repository.versions()) or "no release's tag"
        yield (
            f"HEAD has {tagged}, and the files say {version}. `make version NEW=...`, commit, `git tag v...`; "
            "`make release ARGS=--snapshot` tries without"
        )
    if not section(_changelog(repository.root), version):
        yield f"CHANGELOG.md has no section {version}; `make version NEW={version}` makes it of what is unreleased"


def _changelog(root: Path) -> str:
    return (root / "CHANGELOG.md").read_text()
