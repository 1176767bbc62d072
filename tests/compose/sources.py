"""The three descriptions of a village, each brought into the same shape: compose.yaml, the chart, `hamlet up`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from services.cli.layout import SERVICES, Layout
from services.cli.plan import plan
from tests.chart.rendering import containers, kinds, render

__all__ = ["COMPOSE", "GPU", "ROOT", "Component", "compose", "composed", "of_chart", "of_compose", "of_up"]

ROOT = Path(__file__).resolve().parents[2]
COMPOSE, GPU = ROOT / "docker" / "compose.yaml", ROOT / "docker" / "compose.gpu.yaml"
_CHARTED = ("telemetry.collector.enabled=true", "account.keySecret.name=signing", "admin.secret=admin")
"""What compose.yaml has of what can be chosen in the chart, beside PostgreSQL."""
_NAMES = {
    "envoy": "edge",
    "operator": "administrator",
    "village-hamlet-certificates-renewal/certificates": "certificates-renewal",
}


@dataclass(frozen=True, slots=True)
class Component:
    """One process, or one that runs to its end.

    Attributes:
        command: from `-m` on, or the options of another's image.
        environment: everything it is told; a value that a Secret holds is None.
        ports: in the chart those of its container, else those that are meant for people on the machine.
        image: without registry and tag; empty where there is none.
        memory: what it is killed beyond, in MiB; 0 where nothing is said.
        leaves_within: seconds between SIGTERM and SIGKILL; 0 where nothing is said.
    """

    command: tuple[str, ...]
    environment: Mapping[str, str | None] = field(default_factory=dict)
    ports: frozenset[int] = frozenset()
    image: str = ""
    memory: int = 0
    leaves_within: int = 0


@cache
def _loaded(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text()))


def composed() -> dict[str, Any]:
    """compose.yaml as it is written, anchors resolved. Not to be changed."""
    return _loaded(COMPOSE)


def compose() -> dict[str, Any]:
    """Its services."""
    return dict(composed()["services"])


def of_compose(services: dict[str, Any] | None = None) -> dict[str, Component]:
    return {name: _of_service(each) for name, each in (compose() if services is None else services).items()}


def _of_service(service: dict[str, Any]) -> Component:
    environment = service.get("environment", {})
    return Component(
        command=_without_python(service.get("command", ())),
        environment=dict(environment),
        ports=frozenset(int(each.rpartition(":")[2]) for each in service.get("ports", ())),
        image=_bare(service["image"].replace("${VILLAGE_REGISTRY:-localhost}", "localhost").partition("${")[0]),
        memory=_mebibytes(service.get("mem_limit", "0m")),
        leaves_within=int(service.get("stop_grace_period", "0s").removesuffix("s")),
    )


@cache
def of_chart() -> dict[str, Component]:
    """By the container's name, or what the others call it."""
    documents = render("postgres", *_CHARTED)
    settings = next(each for each in kinds(documents, "ConfigMap") if each["metadata"]["name"].endswith("-settings"))
    found = {}
    for where, container, pod in containers(documents):
        told: dict[str, str | None] = dict(settings["data"]) if "envFrom" in container else {}
        told |= {each["name"]: each.get("value") for each in container.get("env", ())}
        own: str = container["name"]
        name = _NAMES.get(where.removeprefix("CronJob/"), _NAMES.get(own, own))
        found[name] = Component(
            command=_without_python(container.get("command", container.get("args", ()))),
            environment={name: _here(value) for name, value in told.items()},
            ports=frozenset(each["containerPort"] for each in container.get("ports", ())),
            image=_bare(container["image"]),
            memory=_mebibytes(container["resources"]["limits"]["memory"]),
            leaves_within=_leaves_within(container, pod),
        )
    return found


@cache
def of_up() -> dict[str, Component]:
    """With the usual ports, whether or not they are free on this machine just now."""
    numbers = {name: index for index, name in enumerate(SERVICES)}
    layout = Layout(
        supervisor_pid=0,
        edge=8080,
        grpc_door=8081,
        edge_admin=9901,
        receiver=4317,
        grpc={name: 50051 + index for name, index in numbers.items()},
        metrics={name: 50151 + index for name, index in numbers.items()},
        cached=True,
        cache_metrics=9465,
    )
    doors = {"edge": frozenset({layout.grpc_door}), "cache": frozenset({layout.edge})}
    return {
        child.name: Component(
            _without_python(child.command), dict(child.environment), doors.get(child.name, frozenset())
        )
        for child in plan(layout, Path("var"))
        if child.name != "jaeger"
    }


def _without_python(command: Any) -> tuple[str, ...]:
    words = [str(each) for each in command]
    return tuple(words[1:] if words and Path(words[0]).name.startswith("python") else words)


def _here(value: str | None) -> str | None:
    """A name of the release is the component's alone here."""
    return value if value is None else str(value).replace("village-hamlet-", "")


def _bare(image: str) -> str:
    """`hamlet-services` of ours, whole of others."""
    name = image.rpartition("/")[2]
    return name.partition(":")[0] if name.startswith("hamlet-") else image


def _mebibytes(written: str) -> int:
    number, unit = written.rstrip("imMgG"), written[len(written.rstrip("imMgG")) :].lower().removesuffix("i")
    return int(number) * {"m": 1, "g": 1024}[unit]


def _leaves_within(container: dict[str, Any], pod: dict[str, Any]) -> int:
    """Kubernetes counts the sleep of preStop in, an engine that knows no preStop does not."""
    sleeps = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    grace: int = pod["spec"].get("terminationGracePeriodSeconds", 0)
    return grace - sleeps if sleeps else 0
