"""The chart's pods under podman, on a network of their own in which a Service's name is all its pods."""

import json
import os
import secrets
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from docker.build import tag
from docker.images import IMAGES
from tests.chart.rendering import Manifest
from tests.images.manifests import Surroundings, as_pod

__all__ = ["Pod", "Pods"]

_IMAGE = tag(IMAGES[0])
# What runc asks for where it may not raise them, and the runtime that play kube has no option for.
_CONTAINERS_CONF = """[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
"""


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod that was started.

    Attributes:
        name: podman's, unlike any other's on this machine.
        address: on the network; this machine reaches it too.
        template: what it was made of, with probes, hooks and grace period.
    """

    name: str
    address: str
    template: Manifest

    def container(self, name: str) -> str:
        """What podman calls the container."""
        return f"{self.name}-{name}"


@dataclass
class Pods:
    """Starts pods and takes them away again; nothing of them is left after `close`. Needs root.

    Attributes:
        folder: where the manifests go as podman gets them.
        config: the ConfigMaps that the pods may refer to.
        network: podman's name of it; its gateway is this machine.
    """

    folder: Path
    config: tuple[Manifest, ...]
    network: str = field(default_factory=lambda: f"hamlet-{secrets.token_hex(4)}")
    running: dict[str, Pod] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "containers.conf").write_text(_CONTAINERS_CONF)
        self.podman("network", "create", self.network)
        # The network's interface is there from its first container to its last: without this one it came and went.
        wait = ["python", "-c", "import signal; signal.pause()"]
        self.podman("run", "--detach", f"--name={self._keeper}", f"--network={self.network}", _IMAGE, *wait)

    @property
    def _keeper(self) -> str:
        return f"{self.network}-keeper"

    @property
    def gateway(self) -> str:
        """This machine's address for the pods."""
        return str(self._inspected("network", self.network)["subnets"][0]["gateway"])

    def start(
        self,
        template: Manifest,
        name: str,
        around: Surroundings,
        *,
        services: Iterable[str] = (),
        published: Mapping[int, int] | None = None,
        wait: bool = False,
    ) -> Pod:
        """Starts a pod of a Deployment's or a Job's template.

        Args:
            template: as the chart renders it.
            name: distinguishes it among these pods.
            services: the Services that it belongs to. Their names resolve to it as soon as it starts, ready or not, as
                with a headless Service that publishes unready addresses.
            published: this machine's ports on the loopback by the container's.
            wait: until its containers have ended, as a Job's do.
        """
        full = f"{self.network}-{name}"
        path = self.folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump_all([*self.config, as_pod(template, full, around, published)]))
        aliases = "".join(f",alias={each}" for each in services)
        self.podman("play", "kube", "--network", f"{self.network}{':' + aliases[1:] if aliases else ''}", str(path))
        pod = Pod(full, self._address(full), template)
        self.running[full] = pod
        if wait:
            self.podman("wait", *(pod.container(each["name"]) for each in template["spec"]["containers"]))
        return pod

    def exit_status(self, pod: Pod, container: str) -> int:
        return int(self._inspected("container", pod.container(container))["State"]["ExitCode"])

    def logs(self, pod: Pod, container: str, lines: int = 30) -> str:
        done = self.podman("logs", f"--tail={lines}", pod.container(container))
        return done.stdout + done.stderr

    def signal(self, pod: Pod, container: str, name: str = "TERM") -> None:
        """Of a container that may have ended already."""
        self.podman("kill", "--signal", name, pod.container(container), check=False)

    def runs(self, pod: Pod, container: str) -> bool:
        return bool(self._inspected("container", pod.container(container))["State"]["Running"])

    def remove(self, pod: Pod) -> None:
        self.running.pop(pod.name, None)
        self.podman("pod", "rm", "--force", "--time=0", pod.name, check=False)

    def close(self) -> None:
        for pod in [*self.running.values()]:
            self.remove(pod)
        self.podman("rm", "--force", "--time=0", self._keeper, check=False)
        self.podman("network", "rm", "--force", self.network, check=False)

    def podman(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """
        Raises:
            AssertionError: podman failed; it says why.
        """
        done = subprocess.run(
            ["podman", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            env=os.environ | {"CONTAINERS_CONF": str(self.folder / "containers.conf")},
        )
        assert not check or done.returncode == 0, f"podman {' '.join(arguments)}: {done.stderr}"
        return done

    def _address(self, pod: str) -> str:
        infra = self._inspected("pod", pod)["InfraContainerID"]
        return str(self._inspected("container", infra)["NetworkSettings"]["Networks"][self.network]["IPAddress"])

    def _inspected(self, kind: str, name: str) -> Any:
        told = json.loads(self.podman(kind, "inspect", name).stdout)
        return told[0] if isinstance(told, list) else told
