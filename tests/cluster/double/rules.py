"""What the API server fills in, and what it refuses beyond the schemas: names, labels, fields that never change."""

import re
from typing import Any

from tests.cluster.double.kinds import Kind
from tests.cluster.double.status import invalid

__all__ = ["check", "fill_in", "fill_keys"]

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
_LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?")
_LABEL_KEY = re.compile(r"([a-z0-9][-a-z0-9.]{0,252}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_LONGEST_NAME = {"Service": 63, "Job": 63, "CronJob": 52}
_FIXED = {
    "Deployment": ["selector"],
    "ReplicaSet": ["selector"],
    "Job": ["selector", "template", "completions"],
    "PersistentVolumeClaim": ["accessModes", "storageClassName", "volumeName", "selector", "volumeMode"],
    "Service": ["clusterIP"],
    "Pod": ["containers", "volumes", "serviceAccountName", "nodeSelector", "securityContext"],
}


def fill_in(kind: Kind, document: dict[str, Any], uid: str) -> None:
    """Defaults, of which those that tell list items apart or that clients look at."""
    spec = document.get("spec", {})
    match kind.name:
        case "Deployment":
            spec.setdefault("replicas", 1)
            strategy = spec.setdefault("strategy", {})
            if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
                for bound in ("maxSurge", "maxUnavailable"):
                    strategy.setdefault("rollingUpdate", {}).setdefault(bound, "25%")
            _pod(spec["template"].get("spec", {}))
        case "Job":
            owner = {"batch.kubernetes.io/controller-uid": uid}
            spec.setdefault("selector", {"matchLabels": owner})
            spec["template"].setdefault("metadata", {}).setdefault("labels", {}).update(owner)
            for name, value in (("backoffLimit", 6), ("completions", 1), ("parallelism", 1)):
                spec.setdefault(name, value)
            _pod(spec["template"]["spec"])
        case "Pod":
            _pod(spec)
        case "Service":
            spec.setdefault("type", "ClusterIP")
            spec.setdefault("clusterIP", f"10.96.{int(uid[:2], 16)}.{int(uid[2:4], 16)}")
            _ports(spec.get("ports", []))
        case "Secret":
            document.setdefault("type", "Opaque")


def fill_keys(kind: Kind, document: dict[str, Any]) -> None:
    """Of the defaults those alone that tell list items apart, which count in what is applied too."""
    spec = document.get("spec", {})
    if kind.name == "Service":
        _ports(spec.get("ports", []))
    pod = spec if kind.name == "Pod" else spec.get("template", {}).get("spec", {})
    for container in pod.get("containers", []):
        _ports(container.get("ports", []))


def _pod(spec: dict[str, Any]) -> None:
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("dnsPolicy", "ClusterFirst")
    for container in spec.get("containers", []):
        container.setdefault("terminationMessagePath", "/dev/termination-log")
        _ports(container.get("ports", []))


def _ports(ports: list[dict[str, Any]]) -> None:
    for port in ports:
        port.setdefault("protocol", "TCP")


def check(kind: Kind, before: dict[str, Any] | None, after: dict[str, Any]) -> None:
    """
    Raises:
        Refused: 422, which field and why.
    """
    name = after["metadata"]["name"]
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME.get(kind.name, 253):
        raise invalid(kind.name, name, "metadata.name", "not a name, or too long")
    _labels(kind, name, after["metadata"].get("labels", {}))
    spec = after.get("spec", {})
    template = spec.get("template", {}).get("metadata", {}).get("labels", {})
    _labels(kind, name, template)
    if kind.name in {"Deployment", "ReplicaSet"} and not spec["selector"]["matchLabels"].items() <= template.items():
        raise invalid(kind.name, name, "spec.template.metadata.labels", "`selector` does not match template `labels`")
    strategy = spec.get("strategy", {})
    if isinstance(strategy, dict) and strategy.get("type") == "Recreate" and "rollingUpdate" in strategy:
        raise invalid(kind.name, name, "spec.strategy.rollingUpdate", "may not be specified when `type` is `Recreate`")
    if before is not None:
        _unchanged(kind, name, before, after)


def _labels(kind: Kind, name: str, labels: dict[str, str]) -> None:
    for key, value in labels.items():
        if not _LABEL_KEY.fullmatch(key) or not _LABEL_VALUE.fullmatch(value):
            raise invalid(kind.name, name, f"metadata.labels[{key}]", f"not a label: {value}")


def _unchanged(kind: Kind, name: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    for field in _FIXED.get(kind.name, []):
        if before["spec"].get(field) != after["spec"].get(field):
            raise invalid(kind.name, name, f"spec.{field}", "field is immutable")
    for kinds, field in (("RoleBinding", "roleRef"), ("Secret", "type")):
        if kind.name == kinds and before.get(field) != after.get(field):
            raise invalid(kind.name, name, field, "field is immutable")
