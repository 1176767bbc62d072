"""What podman does not know of Kubernetes, put into the chart's manifests before `podman play kube` gets them.

Everything else is as the chart renders it: command, environment, ConfigMaps, security settings, ports, mounts.
"""

import copy
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docker.build import tag
from docker.images import IMAGES, USER
from tests.chart.rendering import Manifest

__all__ = ["Surroundings", "as_pod", "owned"]

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"

_TAGS = {image.name: tag(image) for image in IMAGES}
_KUBELETS = ("startupProbe", "readinessProbe", "livenessProbe", "lifecycle")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a cluster would have beside the pods.

    Attributes:
        folder: where volumes are.
        secrets: the Secrets that variables refer to, `secrets[name][key]`.
        files: the folders of those that are mounted, by name; what is in them may change under the pods.
        account: the folder that a pod with a token of its ServiceAccount gets, in which the token is.
        hosts: addresses of what is no pod of the chart's, by the names that the chart tells the pods.
        shared: more folders and sockets of this machine that each pod sees, by where it sees them.
        told: variables that the chart does not tell, or not so, for want of something.
        images: images by the name without registry and tag, where it is not the one just built.
    """

    folder: Path
    secrets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    account: Path | None = None
    hosts: Mapping[str, str] = field(default_factory=dict)
    shared: Mapping[str, Path] = field(default_factory=dict)
    told: Mapping[str, str] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)


def as_pod(template: Manifest, name: str, around: Surroundings, published: Mapping[int, int] | None = None) -> Manifest:
    """A pod that podman starts, of the pod template of a Deployment or a Job.

    - Images are this machine's and never pulled.
    - Volumes are folders of this machine that belong to the user, as `fsGroup` makes them; a claim's outlives the pod.
    - References to Secrets and to the pod's own fields are values.
    - Probes and hooks are taken out: whoever started the pod plays the kubelet (`tests/images/kubelet.py`).
    - Names that only a cluster knows are host aliases.
    - Of the ports only `published` ones are named, this machine's on the loopback by the container's: podman takes each
      that is named from this machine.
    """
    spec = copy.deepcopy(template["spec"])
    spec["volumes"] = [_volume(each, name, around) for each in spec.get("volumes", ())]
    for container in spec["containers"]:
        container["image"] = _image(container["image"], around)
        container["imagePullPolicy"] = "Never"
        named = {each["name"]: _plain(each, around) for each in container.get("env", ())} | dict(around.told)
        container["env"] = [{"name": name, "value": value} for name, value in named.items()]
        named_ports = [each["containerPort"] for each in container.pop("ports", ())]
        container["ports"] = [
            {"containerPort": port, "hostPort": (published or {})[port], "hostIP": "127.0.0.1"}
            for port in named_ports
            if port in (published or {})
        ]
        for hook in _KUBELETS:
            container.pop(hook, None)
        for number, (inside, path) in enumerate(around.shared.items()):
            _mount(spec, container, f"shared-{number}", path, inside)
        if spec.get("automountServiceAccountToken") and around.account:
            _mount(spec, container, "account", around.account, ACCOUNT)
    spec["hostAliases"] = [{"ip": address, "hostnames": [host]} for host, address in around.hosts.items()]
    labels = template["metadata"].get("labels", {})
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}


def _image(wanted: str, around: Surroundings) -> str:
    name = wanted.rpartition("/")[2].partition("@")[0].partition(":")[0]
    return around.images.get(name) or _TAGS[name]


def _plain(variable: dict[str, Any], around: Surroundings) -> str:
    source = variable.get("valueFrom", {})
    if "secretKeyRef" in source:
        return around.secrets[source["secretKeyRef"]["name"]][source["secretKeyRef"]["key"]]
    assert source.get("fieldRef", {"fieldPath": "metadata.namespace"}) == {"fieldPath": "metadata.namespace"}, source
    return "hamlet" if source else str(variable.get("value", ""))


def _volume(volume: dict[str, Any], pod: str, around: Surroundings) -> dict[str, Any]:
    if "secret" in volume:
        path = around.files[volume["secret"]["secretName"]]
    elif "persistentVolumeClaim" in volume:
        path = owned(around.folder / "claims" / volume["persistentVolumeClaim"]["claimName"])
    else:
        assert "emptyDir" in volume, volume
        path = owned(around.folder / "pods" / pod / volume["name"])
    return _host_path(volume["name"], path)


def _mount(spec: dict[str, Any], container: dict[str, Any], name: str, path: Path, inside: str) -> None:
    if name not in {each["name"] for each in spec["volumes"]}:
        spec["volumes"].append(_host_path(name, path))
    container.setdefault("volumeMounts", []).append({"name": name, "mountPath": inside})


def _host_path(name: str, path: Path) -> dict[str, Any]:
    return {"name": name, "hostPath": {"path": str(path)}}


def owned(folder: Path) -> Path:
    """The folder, there and with all that is in it the user's of the images."""
    folder.mkdir(parents=True, exist_ok=True)
    for each in (folder, *folder.rglob("*")):
        os.chown(each, USER, USER)
    return folder
