"""`python -m release [--snapshot] [--images] [--twice]`: a release into `dist/release`; publishes nothing."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from release.artefacts import make
from release.refusal import refusals
from release.repository import Repository

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    parser = argparse.ArgumentParser(prog="make release", description=__doc__)
    parser.add_argument("--snapshot", action="store_true", help="try HEAD, tagged or not, without what is not in it")
    parser.add_argument("--images", action="store_true", help="images too: minutes, root, Debian's buildah and podman")
    parser.add_argument("--twice", action="store_true", help="build all but the images again and compare every byte")
    told = parser.parse_args()
    repository = Repository(ROOT)
    if reasons := list(refusals(repository, snapshot=told.snapshot)):
        print("\n".join(reasons), file=sys.stderr)
        return 1
    folder = ROOT / "dist" / "release"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if told.twice and (different := _differences(repository, folder, told.snapshot)):
        print(f"not the same bytes twice: {', '.join(different)}", file=sys.stderr)
        return 1
    for path in make(repository, folder, snapshot=told.snapshot, images=told.images):
        print(f"{path.stat().st_size:>12,}  {path.relative_to(ROOT)}")
    return 0


def _differences(repository: Repository, folder: Path, snapshot: bool) -> list[str]:
    """Files that two builds do not agree about. Leaves `folder` empty."""
    with tempfile.TemporaryDirectory() as other:
        one = {path.name: path.read_bytes() for path in make(repository, folder, snapshot=snapshot, images=False)}
        again = {
            path.name: path.read_bytes() for path in make(repository, Path(other), snapshot=snapshot, images=False)
        }
    for path in folder.iterdir():
        path.unlink()
    return sorted(name for name in one.keys() | again.keys() if one.get(name) != again.get(name))


if __name__ == "__main__":
    sys.exit(main())
