"""Redocly finds nothing to complain of in the document, and finds what is planted."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import hamlet
import pytest

from protos.tools.node_packages import installed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
NODE = Path(sys.executable).parent / "node"
RULES = Path(__file__).with_name("redocly.yaml")
DOCUMENT = Path(next(iter(hamlet.__path__))) / "openapi.json"


def complaints(document: Path, folder: Path) -> list[str]:
    """The rules that a document breaks."""
    tool = installed() / "@redocly" / "cli" / "bin" / "cli.js"
    options = ["--config", str(RULES), "--format", "json", "--max-problems", "1000"]
    command = [str(NODE), str(tool), "lint", str(document), *options]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert ended.stdout, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return [f"{each['ruleId']} {each['location'][0].get('pointer', '')}" for each in found["problems"]]


def test_redocly_accepts_the_document(tmp_path: Path) -> None:
    assert complaints(DOCUMENT, tmp_path) == []


def test_redocly_finds_a_planted_fault(tmp_path: Path) -> None:
    wrong = json.loads(DOCUMENT.read_text())
    wrong["paths"]["/v1/posts/{postId}"]["get"]["operationId"] = "ListPosts"
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(wrong))
    assert any(each.startswith("operation-operationId-unique") for each in complaints(path, tmp_path))
