"""Judges batches of comments with one bundle on one device. Synchronous; a `Batcher` stands in front of it."""

import threading
from collections.abc import Sequence

import numpy as np
import torch

from model.bundle import Bundle
from model.calibration import probabilities
from model.classifier import Batch, collate
from model.comment import Comment
from model.errors import DeviceError
from model.explain import explain
from model.features import Features, features
from model.verdict import Verdict

__all__ = ["Engine", "resolve_device"]


class Engine:
    """A bundle on a device. `classify` may be called from any thread; calls do not disturb each other.

    Args:
        bundle: its classifier is moved to the device.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.

    Raises:
        DeviceError: there is no such device here.
    """

    def __init__(self, bundle: Bundle, device: str = "auto") -> None:
        self.bundle = bundle
        self.device = resolve_device(device)
        self._classifier = bundle.classifier.to(self.device)
        self._grams = self._classifier.ngrams.weight
        counts = self._classifier.counts
        temperature = bundle.config.calibration.temperature
        self._count_weights = counts.weight.cpu().numpy()[0] / temperature
        self._bias = float(counts.bias.item()) / temperature
        self._lock = threading.Lock()

    @property
    def version(self) -> str:
        return self.bundle.version

    def classify(self, comments: Sequence[Comment]) -> list[Verdict]:
        """One verdict per comment, in order. What stands beside a comment in a batch does not change its verdict."""
        if not comments:
            return []
        seen = [features(comment, self.bundle.config.bits) for comment in comments]
        logits, weights = self._infer(collate(seen))
        certainty = probabilities(logits, self.bundle.config.calibration.temperature)
        starts = np.cumsum([0, *(sum(len(field.buckets) for field in one.fields) for one in seen)])
        return [
            self._verdict(one, float(probability), weights[start:end])
            for one, probability, start, end in zip(seen, certainty, starts[:-1], starts[1:], strict=True)
        ]

    @torch.inference_mode()
    def _infer(self, batch: Batch) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], np.ndarray]:
        """The log-odds of each comment, and the calibrated weight of each n-gram of the batch."""
        with self._lock:
            placed = batch.to(self.device)
            logits = self._classifier(placed)
            weights = self._grams[placed.buckets, 0] / self.bundle.config.calibration.temperature
            return logits.double().cpu().numpy(), weights.cpu().numpy()

    def _verdict(self, seen: Features, probability: float, weights: np.ndarray) -> Verdict:
        ends = np.cumsum([len(field.buckets) for field in seen.fields])[:-1]
        reasons = explain(seen, np.split(weights, ends), self._count_weights, self._bias)
        label = self.bundle.config.calibration.label(probability)
        return Verdict(label, probability, reasons, self.version)


def resolve_device(name: str) -> torch.device:
    """The device that `auto`, `cpu`, `cuda` or `cuda:N` means here; `auto` prefers CUDA.

    Raises:
        DeviceError: the name is none of these, or there is no such device.
    """
    found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == "cpu" or (name == "auto" and not found):
        return torch.device("cpu")
    if name in ("auto", "cuda"):
        name = "cuda:0"
    kind, _, number = name.partition(":")
    if kind != "cuda" or not (number.isascii() and number.isdigit()):
        raise DeviceError(f"no device is called {name!r}: use auto, cpu, cuda or cuda:N")
    if int(number) >= found:
        raise DeviceError(f"{name} was asked for, but PyTorch {torch.__version__} sees {found} CUDA devices here")
    return torch.device("cuda", int(number))
