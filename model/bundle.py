"""A model as a folder: weights, configuration, metrics, card, and a manifest with their SHA-256. Never a pickle."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from model.calibration import Calibration
from model.classifier import NgramClassifier
from model.errors import BundleError
from model.features import COUNTS

__all__ = ["Bundle", "Config", "bundled_versions", "default_bundle", "load_bundle", "save_bundle"]

_FORMAT: Final = 1
_MANIFEST: Final = "manifest.json"
_FILES: Final = frozenset({"weights.safetensors", "config.json", "metrics.json", "model_card.md"})
_BUNDLES: Final = Path(__file__).parent / "bundles"
_POINTER: Final = _BUNDLES / "default"


@dataclass(frozen=True, slots=True)
class Config:
    """What besides the weights decides a verdict.

    Attributes:
        bits: there are `2**bits` buckets.
        calibration: temperature and thresholds.
        counts: the names of the counts, in the order of their weights.
    """

    bits: int
    calibration: Calibration
    counts: tuple[str, ...] = COUNTS


@dataclass(frozen=True, slots=True)
class Bundle:
    """A loaded model.

    Attributes:
        version: `ngram-` and the first 12 hex digits of a hash over the weights and the configuration.
        classifier: on the CPU, float32, in evaluation mode.
        metrics: what `metrics.json` holds.
        data: SHA-256 by path of the corpora that it learned from.
    """

    version: str
    classifier: NgramClassifier
    config: Config
    metrics: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)


def save_bundle(
    folder: Path,
    classifier: NgramClassifier,
    config: Config,
    metrics: Mapping[str, Any],
    card: str,
    data: Mapping[str, str],
) -> str:
    """Write a bundle into `folder`, which is created, and return its version. Weights are stored as float16.

    `{version}` in the card is replaced. The same input gives the same bytes.

    Raises:
        BundleError: the folder holds something else than a bundle's files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _refuse_strangers(folder)
    weights = save({name: tensor.half().contiguous() for name, tensor in classifier.state_dict().items()})
    settings = _json(asdict(config))
    version = _version(weights, settings)
    contents = {
        "weights.safetensors": weights,
        "config.json": settings,
        "metrics.json": _json(metrics),
        "model_card.md": card.replace("{version}", version).encode(),
    }
    hashes = {name: _sha256(content) for name, content in sorted(contents.items())}
    contents[_MANIFEST] = _json({"format": _FORMAT, "version": version, "files": hashes, "data": dict(data)})
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return version


def load_bundle(folder: Path) -> Bundle:
    """Read a bundle and check every byte of it.

    Raises:
        BundleError: a file is missing, altered or does not belong there, or the format is not this one.
    """
    if not (folder / _MANIFEST).is_file():
        raise BundleError(f"{folder.name}: no {_MANIFEST}, so this is no bundle")
    _refuse_strangers(folder)
    try:
        manifest = json.loads((folder / _MANIFEST).read_bytes())
        contents = {name: _checked(folder / name, manifest["files"][name]) for name in sorted(_FILES)}
        if manifest["format"] != _FORMAT:
            raise BundleError(f"{folder.name}: format {manifest['format']}, this release reads {_FORMAT}")
        version = str(manifest["version"])
        if version != _version(contents["weights.safetensors"], contents["config.json"]):
            raise BundleError(f"{folder.name}: the version is not that of its content")
        config = _config(json.loads(contents["config.json"]))
        classifier = _classifier(contents["weights.safetensors"], config)
        return Bundle(version, classifier, config, json.loads(contents["metrics.json"]), manifest["data"])
    except (KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        raise BundleError(f"{folder.name}: malformed ({type(error).__name__})") from error


def bundled_versions() -> list[str]:
    """The versions that come with this release."""
    return sorted(path.parent.name for path in _BUNDLES.glob(f"*/{_MANIFEST}"))


def default_bundle() -> Path:
    """The folder of the bundle that this release judges with.

    Raises:
        BundleError: the release was packed without it.
    """
    try:
        return _BUNDLES / _POINTER.read_text(encoding="ascii").strip()
    except OSError as error:
        raise BundleError("no default bundle in this installation") from error


def _refuse_strangers(folder: Path) -> None:
    strangers = sorted(path.name for path in folder.iterdir() if path.name not in _FILES | {_MANIFEST})
    if strangers or any(path.is_symlink() for path in folder.iterdir()):
        raise BundleError(f"{folder.name}: holds more than a bundle's files: {', '.join(strangers) or 'links'}")


def _checked(path: Path, sha256: str) -> bytes:
    if not path.is_file():
        raise BundleError(f"{path.parent.name}: no {path.name}")
    content = path.read_bytes()
    if _sha256(content) != sha256:
        raise BundleError(f"{path.parent.name}: {path.name} was altered")
    return content


def _config(settings: dict[str, Any]) -> Config:
    calibration = Calibration(**{name: float(value) for name, value in settings["calibration"].items()})
    if tuple(settings["counts"]) != COUNTS:
        raise BundleError("the bundle counts other things than this release")
    return Config(int(settings["bits"]), calibration)


def _classifier(weights: bytes, config: Config) -> NgramClassifier:
    classifier = NgramClassifier(config.bits)
    classifier.load_state_dict({name: tensor.float() for name, tensor in load(weights).items()})
    if not all(torch.isfinite(parameter).all() for parameter in classifier.parameters()):
        raise BundleError("the bundle's weights are not finite")
    return classifier.eval().requires_grad_(requires_grad=False)


def _version(weights: bytes, settings: bytes) -> str:
    return f"ngram-{_sha256(weights + settings)[:12]}"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
