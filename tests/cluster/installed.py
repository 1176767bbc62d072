"""A cluster to try the chart in, real or the double, and what is asked of it: by kubectl, as an operator would."""

import json
import os
import secrets
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.cluster.helm import Helm

__all__ = ["BROKEN", "DATA", "PREFIX", "Place", "fresh_namespace", "named"]

KUBECTL = Path(sys.executable).parent / "kubectl"
PREFIX = "village-hamlet"
BROKEN = {"podAnnotations": {"example.com/try": "1"}, "nodeSelector": {"example.com/no": "such-node"}}
"""Values of a component whose new pods no node takes."""
FOREIGN = ("configmap/kube-root-ca.crt", "serviceaccount/default")
"""What a cluster puts into every namespace by itself."""
_OTHERS = ("event", "endpoint", "lease", "podmetrics")


@dataclass(frozen=True, slots=True)
class Place:
    """One namespace, and the Helm that is tried in it.

    Args:
        real: a cluster, and no double of one.
        short: seconds after which what never becomes ready counts as such.
        patience: seconds in which what does become ready has.
    """

    kubeconfig: Path
    namespace: str
    helm: Helm
    real: bool
    short: int
    patience: int

    def kubectl(self, *arguments: str, given: str = "") -> str:
        """
        Raises:
            subprocess.CalledProcessError: it failed.
        """
        command: list[str | Path] = [KUBECTL, "--namespace", self.namespace, *arguments]
        environment = {**os.environ, "KUBECONFIG": str(self.kubeconfig)}
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, env=environment)
        if done.returncode:
            sys.stderr.write(done.stderr)
            done.check_returncode()
        return done.stdout

    def get(self, kind: str, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.kubectl("get", kind, name, "--output", "json"))
        return found

    def every(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.kubectl("get", kind, "--output", "json"))["items"]
        return found

    def deployments(self) -> dict[str, dict[str, Any]]:
        """By component."""
        return {each["metadata"]["name"].removeprefix(f"{PREFIX}-"): each for each in self.every("deployments")}

    def pods(self) -> dict[str, set[str]]:
        """The uids of the services' pods, by component."""
        found: dict[str, set[str]] = {}
        for each in self.every("pods"):
            owners = {owner["kind"] for owner in each["metadata"].get("ownerReferences", [])}
            component = each["metadata"].get("labels", {}).get("app.kubernetes.io/component")
            if "ReplicaSet" in owners and component and "deletionTimestamp" not in each["metadata"]:
                found.setdefault(component, set()).add(each["metadata"]["uid"])
        return found

    def everything(self) -> set[str]:
        """`deployment/village-hamlet-blog` of every kind that the cluster can list, but for what is always there."""
        kinds = self.kubectl("api-resources", "--namespaced", "--verbs=list", "--output=name").split()
        wanted = [kind for kind in kinds if not kind.startswith(_OTHERS)]
        names = self.kubectl("get", ",".join(wanted), "--output", "name").split()
        return {_without_group(name) for name in names} - set(FOREIGN)

    def apply(self, *documents: dict[str, Any]) -> None:
        self.kubectl("apply", "--filename", "-", given=yaml.safe_dump_all(documents))

    def wait_gone(self, name: str) -> None:
        """
        Raises:
            subprocess.CalledProcessError: it is still there after `patience`.
        """
        self.kubectl("wait", name, "--for=delete", f"--timeout={self.patience}s")


def _without_group(name: str) -> str:
    kind, _, rest = name.partition("/")
    return f"{kind.partition('.')[0]}/{rest}"


def named(kind: str, *components: str) -> set[str]:
    return {f"{kind}/{PREFIX}-{each}" for each in components}


def fresh_namespace() -> str:
    return f"hamlet-{secrets.token_hex(4)}"


DATA = named("persistentvolumeclaim", "account", "blog", "comment")
"""Kept on purpose when a village leaves (`helm.sh/resource-policy: keep`): what people wrote."""
