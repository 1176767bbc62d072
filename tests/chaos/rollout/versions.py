"""Which version the drill comes from, and its code."""

import subprocess
import sys
from pathlib import Path

from tests.chaos.launches import inherited
from tests.chaos.rollout.translation import import_path

__all__ = ["ROOT", "before", "copy", "export", "proves_itself"]

ROOT = Path(__file__).resolve().parents[3]
_REVISIONS = ":(glob)services/*/migrations/versions/*.py"
_PACKAGES = ("mesh", "model", "services", "hamlet.blog.v1.post_pb2")


def before() -> str:
    """The commit before the one that brought the newest migration, which stays true as others are added;
    without one the last tag.

    Raises:
        RuntimeError: the history knows neither, as in a clone without history.
    """
    added = _git("log", "--diff-filter=A", "--format=%H", "-1", "--", _REVISIONS).stdout.strip()
    parent = _git("rev-parse", "--verify", "--quiet", f"{added}^").stdout.strip() if added else ""
    found = parent or _git("describe", "--tags", "--abbrev=0").stdout.strip()
    if not found:
        raise RuntimeError("this clone's history holds no version before; name one: make drill-upgrade FROM=...")
    return found


def export(version: str, folder: Path) -> None:
    """Writes a version's files into a folder.

    Raises:
        RuntimeError: there is no such version, or it has no chart.
    """
    archive = subprocess.run(["git", "archive", version], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        raise RuntimeError(archive.stderr.decode())
    _unpack(archive.stdout, folder)
    if not (folder / "helm" / "hamlet" / "Chart.yaml").exists():
        raise RuntimeError(f"{version} has no chart: nobody has installed it")


def copy(folder: Path) -> None:
    """Writes the working tree into a folder as it is now, so that nobody's editing changes what is drilled."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    there = [name for name in listed.stdout.split(b"\0") if name and (ROOT / name.decode()).exists()]
    packed = subprocess.run(
        ["tar", "-c", "--null", "--verbatim-files-from", "-T", "-"],
        cwd=ROOT,
        input=b"\0".join(there),
        capture_output=True,
        check=True,
    )
    _unpack(packed.stdout, folder)


def proves_itself(code: Path) -> None:
    """Makes sure that a process of a version runs that version's code and none of what is installed.

    Raises:
        RuntimeError: it would not.
    """
    script = "import importlib, sys; print(*(importlib.import_module(name).__file__ for name in sys.argv[1:]))"
    command, environment = [sys.executable, "-c", script, *_PACKAGES], {**inherited(), "PYTHONPATH": import_path(code)}
    done = subprocess.run(command, env=environment, cwd=code, capture_output=True, text=True, check=True)
    if strangers := [each for each in done.stdout.split() if not Path(each).is_relative_to(code)]:
        raise RuntimeError(f"a process of {code} would run {strangers}")


def _unpack(archive: bytes, folder: Path) -> None:
    folder.mkdir(parents=True)
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)


def _git(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
