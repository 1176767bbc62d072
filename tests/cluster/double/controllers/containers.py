"""What a pod needs before its containers start, and the environment that they start with."""

import base64
from typing import Any

from tests.cluster.double.store import Store, by_name

__all__ = ["NotThereError", "environment", "needs"]


class NotThereError(Exception):
    """What a pod names and the namespace does not have. Kubernetes tries again until it is there."""


def needs(store: Store, pod: dict[str, Any], images: frozenset[str]) -> None:
    """
    Raises:
        NotThereError: a node, an image, a ServiceAccount or a volume.
    """
    namespace, spec = pod["metadata"]["namespace"], pod["spec"]
    for container in spec["containers"]:
        if container["image"] not in images:
            raise NotThereError(f"ErrImagePull: {container['image']}")
    if spec.get("nodeSelector"):
        raise NotThereError("Unschedulable: the nodes have no labels")
    if account := spec.get("serviceAccountName"):
        _there(store, "ServiceAccount", namespace, account)
    for volume in spec.get("volumes", []):
        if claim := volume.get("persistentVolumeClaim"):
            _there(store, "PersistentVolumeClaim", namespace, claim["claimName"])
        if secret := volume.get("secret"):
            _there(store, "Secret", namespace, secret["secretName"])
        if config := volume.get("configMap"):
            _there(store, "ConfigMap", namespace, config["name"])


def environment(store: Store, pod: dict[str, Any], container: dict[str, Any]) -> dict[str, str]:
    """
    Raises:
        NotThereError: a Secret, a ConfigMap or a key.
    """
    namespace = pod["metadata"]["namespace"]
    found: dict[str, str] = {}
    for source in container.get("envFrom", []):
        for kind, reference in (("ConfigMap", source.get("configMapRef")), ("Secret", source.get("secretRef"))):
            if reference:
                found |= _data(_there(store, kind, namespace, reference["name"]))
    for variable in container.get("env", []):
        origin = variable.get("valueFrom", {})
        if field := origin.get("fieldRef"):
            found[variable["name"]] = pod["metadata"][field["fieldPath"].removeprefix("metadata.")]
        elif reference := origin.get("secretKeyRef"):
            data = _data(_there(store, "Secret", namespace, reference["name"]))
            if reference["key"] not in data:
                raise NotThereError(f"CreateContainerConfigError: no key {reference['key']} in {reference['name']}")
            found[variable["name"]] = data[reference["key"]]
        else:
            found[variable["name"]] = variable.get("value", "")
    return found


def _data(document: dict[str, Any]) -> dict[str, str]:
    data: dict[str, str] = document.get("data", {})
    if document["kind"] == "ConfigMap":
        return data
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def _there(store: Store, kind: str, namespace: str, name: str) -> dict[str, Any]:
    found = store.find(by_name(kind), namespace, name)
    if found is None:
        raise NotThereError(f"CreateContainerConfigError: {kind} {name} not found")
    return found
