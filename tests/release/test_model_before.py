"""A model that the version before cannot read is not the default."""

import json
import shutil
from pathlib import Path

import pytest

from release.model_before import main, refusal

ROOT = Path(__file__).resolve().parents[2]
BUNDLES = ROOT / "model" / "bundles"
DEFAULT = BUNDLES / (BUNDLES / "default").read_text().strip()

pytestmark = pytest.mark.slow


def test_the_code_of_a_commit_reads_the_default_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert main("HEAD") == 0
    assert f"reads the default model, {DEFAULT.name}" in capsys.readouterr().out


def test_a_format_that_it_does_not_know_is_refused(tmp_path: Path) -> None:
    newer = shutil.copytree(DEFAULT, tmp_path / DEFAULT.name)
    manifest = json.loads((newer / "manifest.json").read_text())
    (newer / "manifest.json").write_text(json.dumps(manifest | {"format": manifest["format"] + 1}))
    assert "format 2, this release reads 1" in str(refusal("HEAD", newer))
