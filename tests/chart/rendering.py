"""The chart as Helm renders it, by the real helm."""

import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

__all__ = [
    "CHART",
    "HELM",
    "OF_VALUES",
    "Manifest",
    "containers",
    "kinds",
    "name_of",
    "pods",
    "refusal",
    "render",
    "template",
]

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "helm" / "hamlet"
HELM = Path(sys.executable).parent / "helm"
OF_VALUES = {path.name.removesuffix("-values.yaml"): path for path in sorted((CHART / "ci").glob("*-values.yaml"))}
"""The matrix: installations that are rendered, validated and compared, by name."""

Manifest = dict[str, Any]


def template(*arguments: str, chart: Path = CHART) -> subprocess.CompletedProcess[str]:
    """`helm template` of a release named `village` in the namespace `hamlet`."""
    command: list[str | Path] = [HELM, "template", "village", chart, "--namespace", "hamlet", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@cache
def render(values: str = "minimal", *settings: str) -> tuple[Manifest, ...]:
    """The documents of a member of the matrix, with `--set`s on top. Not to be changed: they are kept.

    Raises:
        AssertionError: Helm refused.
    """
    done = template("--values", str(OF_VALUES[values]), *(f"--set={each}" for each in settings))
    assert done.returncode == 0, done.stderr
    # The parser in C, which is ten times as fast.
    return tuple(each for each in yaml.load_all(done.stdout, yaml.CSafeLoader) if each)


def refusal(*settings: str) -> str:
    """Why Helm does not render the default values with these `--set`s (`--set-json` where one is a map).

    Raises:
        AssertionError: it does.
    """
    arguments = [f"{'--set-json' if '={' in each or '=[' in each else '--set'}={each}" for each in settings]
    done = template(*arguments)
    assert done.returncode != 0, f"rendered in spite of {settings}"
    return done.stderr


def kinds(documents: tuple[Manifest, ...], *wanted: str) -> list[Manifest]:
    return [each for each in documents if each["kind"] in wanted]


def name_of(document: Manifest) -> str:
    """`Deployment/village-hamlet-blog`."""
    return f"{document['kind']}/{document['metadata']['name']}"


def pods(documents: tuple[Manifest, ...]) -> Iterator[tuple[str, Manifest]]:
    """Every pod's metadata and specification, with the name of what makes it."""
    for each in documents:
        if each["kind"] == "Pod":
            yield name_of(each), each
        elif each["kind"] in {"Deployment", "Job"}:
            yield name_of(each), each["spec"]["template"]
        elif each["kind"] == "CronJob":
            yield name_of(each), each["spec"]["jobTemplate"]["spec"]["template"]


def containers(documents: tuple[Manifest, ...]) -> Iterator[tuple[str, Manifest, Manifest]]:
    """Every container, with a name that tells where it is and its pod."""
    for name, pod in pods(documents):
        for container in pod["spec"]["containers"]:
            yield f"{name}/{container['name']}", container, pod
