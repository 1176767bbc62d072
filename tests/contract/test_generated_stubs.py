"""The committed stubs are what the contracts generate; a stale one is found."""

import filecmp
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
GENERATED = {"protos/gen": "hamlet/mesh/v1/policy_pb2.py", "docs/errors": "POST_NOT_FOUND.md"}
"""The folders that `make protos` writes, with a file of each."""


def generated(folder: Path) -> Path:
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run([BIN / "buf", "generate", "-o", folder], cwd=ROOT, check=True, env=environment, capture_output=True)
    return folder


def stale(committed: Path, fresh: Path) -> list[str]:
    """Files that differ, are missing or are left over."""
    names = {path.relative_to(folder) for folder in (committed, fresh) for path in folder.rglob("*") if path.is_file()}
    names = {name for name in names if "__pycache__" not in name.parts}
    _, different, missing = filecmp.cmpfiles(committed, fresh, [str(name) for name in sorted(names)], shallow=False)
    return different + missing


@pytest.mark.slow
def test_the_committed_stubs_are_fresh_and_a_stale_one_is_found(tmp_path: Path) -> None:
    fresh = generated(tmp_path)
    for folder, file in GENERATED.items():
        assert stale(ROOT / folder, fresh / folder) == []

        planted = fresh / folder / file
        planted.write_text(planted.read_text() + "# stale\n")
        assert stale(ROOT / folder, fresh / folder) == [file]
