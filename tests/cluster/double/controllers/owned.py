"""Objects that a controller makes for another object."""

import copy
from typing import Any

from tests.cluster.double.kinds import Kind
from tests.cluster.double.store import Store, by_name

__all__ = ["make", "make_pod", "owned_by", "set_status"]


def owned_by(store: Store, kind: Kind, owner: dict[str, Any]) -> list[dict[str, Any]]:
    uid = owner["metadata"]["uid"]
    return [
        each
        for each in store.every(kind, owner["metadata"]["namespace"])
        if any(reference["uid"] == uid for reference in each["metadata"].get("ownerReferences", []))
    ]


def make(store: Store, kind: Kind, owner: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """Creates it in its owner's namespace, owned by it."""
    reference = {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
    }
    made = {"apiVersion": kind.api_version, "kind": kind.name, **copy.deepcopy(document)}
    made["metadata"] |= {"namespace": owner["metadata"]["namespace"], "ownerReferences": [reference]}
    return store.create(kind, made)


def make_pod(store: Store, owner: dict[str, Any], name: str) -> dict[str, Any]:
    """From the owner's template."""
    template = owner["spec"]["template"]
    return make(
        store, by_name("Pod"), owner, {"metadata": {**template["metadata"], "name": name}, "spec": template["spec"]}
    )


def set_status(store: Store, kind: Kind, document: dict[str, Any], status: dict[str, Any]) -> None:
    """Writes the status where it is another than before."""
    if document.get("status") != status:
        store.replace(kind, {**document, "status": status})
