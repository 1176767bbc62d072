"""`python -m release.model_before REVISION`: whether the code of an earlier revision can read today's default model.

A rollback goes back to that code, and replicas of both may look at one model; so a format that it does not know becomes
the default one release after the one that learned to read it.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from release.repository import Repository

__all__ = ["main", "refusal"]

ROOT = Path(__file__).resolve().parents[1]
# Its own `model` is found first because it is in the working folder; it says so, lest this reads with today's.
_READ = """
import sys
from pathlib import Path
import model.bundle
assert Path(model.bundle.__file__).is_relative_to(Path.cwd()), model.bundle.__file__
try:
    print(model.bundle.load_bundle(Path(sys.argv[1])).version)
except model.bundle.BundleError as error:
    sys.exit(f"{error}")
"""


def refusal(revision: str, bundle: Path, root: Path = ROOT) -> str | None:
    """Why the code of `revision` cannot read `bundle`; None if it can, or if it had no model yet."""
    if not Repository(root).git("ls-tree", "--name-only", revision, "model/bundle.py"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        Repository(root).export(Path(folder), revision, "model")
        done = subprocess.run(
            [sys.executable, "-c", _READ, bundle.resolve()], cwd=folder, capture_output=True, text=True, check=False
        )
    return None if done.returncode == 0 else (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]


def main(revision: str) -> int:
    bundles = ROOT / "model" / "bundles"
    bundle = bundles / (bundles / "default").read_text().strip()
    if reason := refusal(revision, bundle):
        print(f"{revision} cannot read the default model: {reason}\nShip what reads it first.", file=sys.stderr)
        return 1
    print(f"{revision} reads the default model, {bundle.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
