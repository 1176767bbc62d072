"""`python docker/locked.py only|without LOCK NAME...`: a part of a hashed lock, versions and hashes as they are there.

Stops when the lock does not know a name, so that a renamed dependency is not left in an image, or out of it, unseen.
"""

import re
import sys
from pathlib import Path

__all__ = ["entries", "part"]

_START = re.compile(r"^([A-Za-z0-9._-]+)==")


def entries(lock: str) -> dict[str, str]:
    """The lock's entries by package, hashes and all."""
    found: dict[str, str] = {}
    name = ""
    for line in lock.splitlines(keepends=True):
        if start := _START.match(line):
            name = start.group(1)
            found[name] = ""
        if name:
            found[name] += line
    return found


def part(mode: str, lock: str, names: set[str]) -> str:
    """The entries of `names`, or all others.

    Raises:
        ValueError: the lock does not know one of them, or there is no such mode.
    """
    known = entries(lock)
    if mode not in {"only", "without"}:
        raise ValueError(f"{mode} is neither only nor without")
    if strangers := sorted(names - known.keys()):
        raise ValueError(f"not in the lock: {', '.join(strangers)}")
    return "".join(text for name, text in known.items() if (name in names) == (mode == "only"))


if __name__ == "__main__":
    try:
        sys.stdout.write(part(sys.argv[1], Path(sys.argv[2]).read_text(), set(sys.argv[3:])))
    except ValueError as error:
        sys.exit(f"locked.py: {error}")
