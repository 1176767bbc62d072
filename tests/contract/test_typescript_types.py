"""The TypeScript client is what the OpenAPI document says, and its compiler finds what does not fit."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from protos.tools.node_packages import TYPESCRIPT, installed
from protos.tools.rest_types import COMMITTED, generate

NODE = Path(sys.executable).parent / "node"
DIRECTIVE = "// @ts-expect-error "
pytestmark = pytest.mark.slow


def test_the_committed_types_are_fresh_and_stale_ones_are_found(tmp_path: Path) -> None:
    generate(tmp_path / "schema.ts")
    fresh = (tmp_path / "schema.ts").read_text()
    assert COMMITTED.read_text() == fresh
    assert COMMITTED.read_text() + "// stale" != fresh


def test_it_compiles_and_misuse_does_not(tmp_path: Path) -> None:
    """`test/misuse.ts` expects an error at each directive: without the directives there is one in each place, a
    misspelt field among them, and nowhere else in the package."""
    copy = tmp_path / "rest"
    shutil.copytree(TYPESCRIPT / "rest", copy, ignore=shutil.ignore_patterns("dist"))
    (tmp_path / "node_modules").symlink_to(installed())
    misuse = copy / "test" / "misuse.ts"
    expected = [at for at, line in enumerate(misuse.read_text().splitlines(), 1) if DIRECTIVE in line]
    misuse.write_text(misuse.read_text().replace(DIRECTIVE, "// "))

    command: list[str | Path] = [NODE, installed() / "typescript" / "bin" / "tsc", "-p", copy / "test"]
    said = subprocess.run(command, cwd=copy / "test", capture_output=True, text=True, check=False, timeout=110).stdout
    found = re.findall(r"^(\S+)\((\d+),\d+\): error (TS\d+)", said, re.MULTILINE)
    assert [(file, int(line) - 1) for file, line, _ in found] == [("misuse.ts", at) for at in expected], said
    assert "TS2561" in {code for _, _, code in found}


def test_the_package_needs_what_it_is_tried_with() -> None:
    """One version in `rest/package.json` and in the lock: what others install is what was tried."""
    package = json.loads((TYPESCRIPT / "rest" / "package.json").read_text())
    tried = json.loads((TYPESCRIPT / "package.json").read_text())["devDependencies"]
    assert package["dependencies"].items() <= tried.items()


def test_the_lock_names_no_registry() -> None:
    assert '"resolved"' not in (TYPESCRIPT / "package-lock.json").read_text()
