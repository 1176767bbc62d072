"""An installation of the chart as pods under podman: what Helm and the controllers would make of it, step by step."""

import base64
import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.chart.rendering import Manifest, kinds
from tests.images.kubelet import await_ready, end
from tests.images.manifests import Surroundings, owned
from tests.images.pods import Pod, Pods

__all__ = ["COMPONENTS", "Installation", "unpacked"]

PREFIX = "village-hamlet-"
COMPONENTS = ("account", "spam", "blog", "comment", "edge")
"""In an order in which none waits long for another."""


class Installation:
    """
    Args:
        documents: what the chart renders to.
        pods: where they run.
        around: what they find there.
    """

    def __init__(self, documents: tuple[Manifest, ...], pods: Pods, around: Surroundings) -> None:
        self.documents, self.pods, self.around = documents, pods, around
        self._named = {(each["kind"], each["metadata"]["name"]): each for each in documents}
        self._numbers = itertools.count(1)

    def beside(self, around: Surroundings) -> "Installation":
        """The same pods, with other surroundings for those that start from now on."""
        other = Installation(self.documents, self.pods, around)
        other._numbers = self._numbers
        return other

    def deployment(self, component: str) -> Manifest:
        """The pod template of `blog`, `edge`, ..."""
        return self._template("Deployment", component)

    def start(self, component: str, *, ready: bool = True, published: Mapping[int, int] | None = None) -> Pod:
        """Another pod of a component's Deployment; the Services that select it know it from now on.

        Args:
            ready: to wait until it is.
            published: this machine's ports on the loopback by the container's.
        """
        template = self.deployment(component)
        services = self._services(template["metadata"]["labels"])
        name = f"{component}-{next(self._numbers)}"
        pod = self.pods.start(template, name, self.around, services=services, published=published)
        if ready:
            await_ready(self.pods, pod)
        return pod

    def run(self, kind: str, component: str) -> tuple[int, str]:
        """A Job, or the pod of `helm test`, to its end: the status and what it said. A Job gets its `backoffLimit`."""
        template = self._template(kind, component)
        retries = 0 if kind == "Pod" else int(self._named[kind, PREFIX + component]["spec"]["backoffLimit"])
        for _ in range(1 + retries):
            status, said = self._once(template, component)
            if status == 0:
                break
        return status, said

    def _once(self, template: Manifest, component: str) -> tuple[int, str]:
        pod = self.pods.start(template, f"{component}-{next(self._numbers)}", self.around, wait=True)
        (container,) = (each["name"] for each in template["spec"]["containers"])
        ended = self.pods.exit_status(pod, container), self.pods.logs(pod, container)
        self.pods.remove(pod)
        return ended

    def end(self, pod: Pod) -> float:
        """See `kubelet.end`."""
        return end(self.pods, pod)

    def _template(self, kind: str, component: str) -> Manifest:
        found = self._named[kind, PREFIX + component]
        template: Manifest = found if kind == "Pod" else found["spec"]["template"]
        return template

    def _services(self, labels: Mapping[str, str]) -> list[str]:
        return [
            str(each["metadata"]["name"])
            for each in kinds(self.documents, "Service")
            if each["spec"].get("selector", {}).items() <= labels.items()
        ]


def unpacked(secrets: Mapping[str, Mapping[str, Any]], folder: Path) -> dict[str, Path]:
    """Secrets as the API server keeps them, as the folders that pods mount."""
    for name, secret in secrets.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for key, value in secret["data"].items():
            (folder / name / key).write_bytes(base64.b64decode(value))
        owned(folder / name)
    return {name: folder / name for name in secrets}
