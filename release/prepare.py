"""`python -m release.prepare VERSION`: writes the next version everywhere and gives the changelog its section."""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from release.changelog import released
from release.versions import set_version, versions

__all__ = ["main", "prepare"]

ROOT = Path(__file__).resolve().parents[1]


def prepare(root: Path, version: str, date: str) -> None:
    """Changes the files under `root`; nothing where it refuses.

    Raises:
        ValueError: the version is none, is not a later one, or nothing is unreleased.
    """
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise ValueError(f"{version!r} is no version: major.minor.patch")
    before = versions(root)["pyproject.toml:0"]
    changelog = root / "CHANGELOG.md"
    text = released(changelog.read_text(), version, date)
    # The first release may keep the version that the files were born with.
    if _order(version) < _order(before):
        raise ValueError(f"{version} is before {before}, which is written now")
    changelog.write_text(text)
    set_version(root, version)


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("make version NEW=major.minor.patch", file=sys.stderr)
        return 2
    (version,) = arguments
    try:
        prepare(ROOT, version, datetime.now(UTC).date().isoformat())
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    print("`make protos` next, for the documents; read the difference; then")
    print(f"  git commit -am 'Release {version}' && git tag v{version} && make release")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
