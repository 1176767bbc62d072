"""Who may import whom; and each rule, broken on purpose, is found."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = Path(sys.executable).parent / "lint-imports"
pytestmark = pytest.mark.slow


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """Runs import-linter on the packages in `root`, whichever are installed."""
    path = f"{root}:{ROOT / 'protos' / 'gen'}"
    return subprocess.run(
        [LINT, "--no-cache"],
        cwd=root,
        env={"PYTHONPATH": path, "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in ("bench", "mesh", "model", "services"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "bundles"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def test_the_rules_are_kept() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout
    assert "0 broken" in result.stdout


@pytest.mark.parametrize(
    ("where", "planted", "rule"),
    [
        ("services/comment/planted.py", "import services.blog.app", "services meet only through contracts"),
        ("mesh/planted.py", "import torch", "torch is imported nowhere but in the model"),
        ("mesh/planted.py", "import sqlalchemy", "the mesh knows nothing of blogs"),
        ("mesh/planted.py", "import hamlet.blog.v1.post_pb2", "the mesh knows nothing of blogs"),
        ("services/storage/planted.py", "import services.blog.app", "services stand on storage"),
        ("services/blog/planted.py", "import model.engine", "only the spam service and the command line"),
        ("model/planted.py", "import grpc", "the model knows nothing"),
        ("services/blog/domain/planted.py", "import sqlalchemy", "rules know neither"),
    ],
)
def test_a_planted_import_is_found(copy: Path, where: str, planted: str, rule: str) -> None:
    (copy / where).write_text(f'"""Planted."""\n\n{planted}\n')
    result = lint(copy)
    assert result.returncode != 0
    broken = [line for line in result.stdout.splitlines() if "BROKEN" in line]
    assert any(line.startswith(rule) for line in broken), result.stdout
