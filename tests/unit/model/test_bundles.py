"""A bundle is what was saved, byte for byte, or it is refused."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from model.bundle import bundled_versions, default_bundle, load_bundle
from model.errors import BundleError
from model.train import Metrics

FILES = ["weights.safetensors", "config.json", "metrics.json", "model_card.md"]


@pytest.fixture
def copy(tiny_bundle: tuple[Path, Metrics], tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_bundle[0], tmp_path / "copy"))


@pytest.mark.parametrize("name", FILES)
def test_an_altered_file_is_refused(copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(BundleError, match="altered"):
        load_bundle(copy)


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
def test_a_missing_file_is_refused(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(BundleError, match=name):
        load_bundle(copy)


@pytest.mark.parametrize("name", ["weights.pkl", "pytorch_model.bin", "tokenizer.py", "nested/weights.pt"])
def test_a_file_that_does_not_belong_there_is_refused(copy: Path, name: str) -> None:
    (copy / name).parent.mkdir(exist_ok=True)
    (copy / name).write_bytes(b"\x80\x04.")
    with pytest.raises(BundleError, match="holds more"):
        load_bundle(copy)


def test_a_link_is_refused(copy: Path, tmp_path: Path) -> None:
    (copy / "config.json").rename(tmp_path / "elsewhere.json")
    (copy / "config.json").symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(BundleError):
        load_bundle(copy)


@pytest.mark.parametrize("manifest", ["", "[]", "{}", '{"format": 1, "files": {}}', "\x00"])
def test_a_malformed_manifest_is_refused(copy: Path, manifest: str) -> None:
    (copy / "manifest.json").write_text(manifest)
    with pytest.raises(BundleError):
        load_bundle(copy)


def test_other_weights_under_a_corrected_hash_are_another_version_and_refused(copy: Path) -> None:
    content = bytearray((copy / "weights.safetensors").read_bytes())
    content[-1] ^= 1
    (copy / "weights.safetensors").write_bytes(content)
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["files"]["weights.safetensors"] = hashlib.sha256(content).hexdigest()
    (copy / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match="version"):
        load_bundle(copy)


def test_a_folder_without_manifest_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no bundle"):
        load_bundle(tmp_path)


def test_the_shipped_bundle_is_sound_small_and_named_by_its_content() -> None:
    folder = default_bundle()
    bundle = load_bundle(folder)
    assert folder.name == bundle.version
    assert bundle.version in bundled_versions()
    assert sum(path.stat().st_size for path in folder.iterdir()) < 4_000_000


def test_the_shipped_bundle_keeps_within_its_budget_of_blocked_ham_on_blogs_it_never_saw() -> None:
    metrics = load_bundle(default_bundle()).metrics
    budget = metrics["training"]["budget"]
    haacked = metrics["unseen"]["blogham_haacked"]
    # The budget is spent on training and calibration parts; the test part may differ by chance.
    assert haacked["ham_called_spam"] <= 2 * budget["spam"]
    assert haacked["ham_called_spam"] + haacked["ham_called_unsure"] <= 1.5 * budget["unsure"]
