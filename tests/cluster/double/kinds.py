"""The kinds that the double knows. Others it refuses, like a cluster without the CustomResourceDefinition."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["KINDS", "VERSION", "Kind", "by_plural", "group_versions", "resources"]

VERSION = "1.37"
"""Of the Kubernetes whose schemas it obeys."""


@dataclass(frozen=True, slots=True)
class Kind:
    """
    Args:
        group: empty for the core.
        package: what its definitions are called under in Kubernetes' OpenAPI document.
    """

    group: str
    version: str
    plural: str
    name: str
    package: str
    short: tuple[str, ...] = ()
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def definition(self) -> str:
        return f"io.k8s.api.{self.package}.{self.version}.{self.name}"


def _of(group: str, version: str, package: str, *kinds: tuple[str, str, str]) -> Iterator[Kind]:
    for plural, name, short in kinds:
        yield Kind(group, version, plural, name, package, (short,) if short else (), name != "Namespace")


KINDS = (
    *_of(
        "",
        "v1",
        "core",
        ("namespaces", "Namespace", "ns"),
        ("configmaps", "ConfigMap", "cm"),
        ("persistentvolumeclaims", "PersistentVolumeClaim", "pvc"),
        ("pods", "Pod", "po"),
        ("secrets", "Secret", ""),
        ("serviceaccounts", "ServiceAccount", "sa"),
        ("services", "Service", "svc"),
    ),
    *_of("apps", "v1", "apps", ("deployments", "Deployment", "deploy"), ("replicasets", "ReplicaSet", "rs")),
    *_of("batch", "v1", "batch", ("jobs", "Job", ""), ("cronjobs", "CronJob", "cj")),
    *_of("autoscaling", "v2", "autoscaling", ("horizontalpodautoscalers", "HorizontalPodAutoscaler", "hpa")),
    *_of("networking.k8s.io", "v1", "networking", ("networkpolicies", "NetworkPolicy", "netpol")),
    *_of("policy", "v1", "policy", ("poddisruptionbudgets", "PodDisruptionBudget", "pdb")),
    *_of("rbac.authorization.k8s.io", "v1", "rbac", ("roles", "Role", ""), ("rolebindings", "RoleBinding", "")),
)
_BY_PLURAL = {(kind.group, kind.version, kind.plural): kind for kind in KINDS}
_VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"]


def by_plural(group: str, version: str, plural: str) -> Kind | None:
    return _BY_PLURAL.get((group, version, plural))


def group_versions() -> list[tuple[str, str]]:
    """Of every group but the core, in the order above."""
    return list(dict.fromkeys((kind.group, kind.version) for kind in KINDS if kind.group))


def resources(group: str, version: str) -> list[dict[str, Any]]:
    """The `APIResource`s of a group's version."""
    return [
        {
            "name": kind.plural,
            "singularName": kind.name.lower(),
            "namespaced": kind.namespaced,
            "kind": kind.name,
            "verbs": _VERBS,
            "shortNames": list(kind.short),
        }
        for kind in KINDS
        if (kind.group, kind.version) == (group, version)
    ]
