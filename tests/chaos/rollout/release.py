"""A version of the chart as Helm renders it: what is applied, and what runs before."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.chart.rendering import Manifest, template

__all__ = ["VALUES", "Release", "rendered", "undrained"]

VALUES = Path(__file__).with_name("values.yaml")
_HOOK, _WEIGHT = "helm.sh/hook", "helm.sh/hook-weight"
_DRAINS = ("DRAIN_SECONDS", "GRACE_SECONDS")


@dataclass(frozen=True, slots=True)
class Release:
    documents: tuple[Manifest, ...]

    @property
    def deployments(self) -> list[Manifest]:
        return [each for each in self.documents if each["kind"] == "Deployment"]

    @property
    def services(self) -> list[Manifest]:
        return [each for each in self.documents if each["kind"] == "Service"]

    @property
    def settings(self) -> dict[str, dict[str, str]]:
        """The ConfigMaps' content by name."""
        return {each["metadata"]["name"]: each["data"] for each in self.documents if each["kind"] == "ConfigMap"}

    def hooks(self, moment: str) -> list[Manifest]:
        """The Jobs that Helm runs at `pre-upgrade` or another moment, in their order."""
        found = [each for each in self.documents if each["kind"] == "Job" and moment in _annotation(each, _HOOK)]
        return sorted(found, key=lambda each: (int(_annotation(each, _WEIGHT) or 0), each["metadata"]["name"]))


def rendered(chart: Path, tag: str) -> Release:
    """The chart with the drill's values.

    Args:
        tag: of the images.

    Raises:
        RuntimeError: Helm refuses.
    """
    done = template("--values", str(VALUES), f"--set=images.tag={tag}", chart=chart)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return Release(tuple(each for each in yaml.load_all(done.stdout, yaml.CSafeLoader) if each))


def undrained(release: Release) -> Release:
    """The same without what a rollout's manners are: no preStop, and no time to say so and to finish."""
    return Release(tuple(_hurried(each) for each in release.documents))


def _hurried(value: Any) -> Any:
    if isinstance(value, list):
        return [_hurried(each) for each in value]
    if not isinstance(value, dict):
        return value
    if str(value.get("name", "")).endswith(_DRAINS):
        return {**value, "value": "0"}
    return {key: "0" if key.endswith(_DRAINS) else _hurried(each) for key, each in value.items() if key != "lifecycle"}


def _annotation(document: Manifest, name: str) -> str:
    return str(document["metadata"].get("annotations", {}).get(name, ""))
