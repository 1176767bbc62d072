"""Create, replace, patch and delete, as the API server does them for every kind: filled in, checked, owned."""

import base64
import copy
import json
import secrets
import uuid
from typing import Any

import yaml

from tests.cluster.double.kinds import Kind
from tests.cluster.double.owners import applied, claimed
from tests.cluster.double.patches import json_merge, json_patch, strategic_merge
from tests.cluster.double.rules import check, fill_in, fill_keys
from tests.cluster.double.schema import shape_of, validate
from tests.cluster.double.status import malformed, unsupported
from tests.cluster.double.store import Store

__all__ = ["create", "patch", "replace"]

_APPLY = "application/apply-patch+yaml"


def create(store: Store, kind: Kind, namespace: str, body: dict[str, Any], manager: str) -> dict[str, Any]:
    document = _checked(kind, namespace, "", body)
    document["metadata"].pop("managedFields", None)
    document["metadata"].pop("resourceVersion", None)
    return _made(store, kind, document, manager)


def _made(store: Store, kind: Kind, document: dict[str, Any], manager: str) -> dict[str, Any]:
    uid = document["metadata"]["uid"] = str(uuid.uuid4())
    if manager:
        claimed(None, document, shape_of(kind), manager)
    fill_in(kind, document, uid)
    check(kind, None, document)
    return store.create(kind, document)


def replace(store: Store, kind: Kind, namespace: str, name: str, body: dict[str, Any], manager: str) -> dict[str, Any]:
    document = _checked(kind, namespace, name, body)
    with store.changed:
        before = store.get(kind, namespace, name)
        document["metadata"].setdefault("managedFields", before["metadata"].get("managedFields", []))
        _keep_status(before, document)
        return _written(store, kind, before, document, manager)


def patch(
    store: Store, kind: Kind, namespace: str, name: str, body: bytes, content_type: str, manager: str, *, force: bool
) -> dict[str, Any]:
    """
    Args:
        content_type: which kind of patch it is.
        force: of a server-side apply, to take fields from their owners.
    """
    with store.changed:
        if content_type == _APPLY:
            return _apply(store, kind, namespace, name, yaml.safe_load(body), manager, force=force)
        before, shape = copy.deepcopy(store.get(kind, namespace, name)), shape_of(kind)
        difference: Any = json.loads(body)
        match content_type:
            case "application/merge-patch+json":
                after = json_merge(before, difference)
            case "application/strategic-merge-patch+json":
                after = strategic_merge(before, difference, shape)
            case "application/json-patch+json":
                after = json_patch(before, difference)
            case _:
                raise unsupported(content_type)
        _keep_status(before, after)
        return _written(store, kind, before, _checked(kind, namespace, name, after), manager)


def _apply(
    store: Store, kind: Kind, namespace: str, name: str, body: dict[str, Any], manager: str, *, force: bool
) -> dict[str, Any]:
    if not manager:
        raise malformed("fieldManager is required for apply patch")
    if "managedFields" in body.get("metadata", {}):
        raise malformed("metadata.managedFields must be nil")
    wanted = _checked(kind, namespace, name, body)
    fill_keys(kind, wanted)
    live = store.find(kind, namespace, name)
    shape = shape_of(kind)
    if live is None:
        bare = {**wanted, "metadata": {"name": name, "namespace": namespace}}
        document = applied({**bare, **_names(wanted)}, wanted, shape, manager, force=True)
        return _made(store, kind, document, "")
    after = applied(live, wanted, shape, manager, force=force)
    fill_in(kind, after, live["metadata"]["uid"])
    check(kind, live, after)
    return store.replace(kind, after)


def _keep_status(before: dict[str, Any], after: dict[str, Any]) -> None:
    """It belongs to the controllers, which write it otherwise."""
    after.pop("status", None)
    if "status" in before:
        after["status"] = before["status"]


def _names(document: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": document["apiVersion"], "kind": document["kind"]}


def _written(store: Store, kind: Kind, before: dict[str, Any], after: dict[str, Any], manager: str) -> dict[str, Any]:
    claimed(before, after, shape_of(kind), manager)
    fill_in(kind, after, before["metadata"]["uid"])
    check(kind, before, after)
    return store.replace(kind, after)


def _checked(kind: Kind, namespace: str, name: str, body: dict[str, Any]) -> dict[str, Any]:
    """A copy of what was sent, when it is one of this kind, in this namespace, and valid."""
    if (body.get("apiVersion"), body.get("kind")) != (kind.api_version, kind.name):
        raise malformed(f"the object provided is a {body.get('apiVersion')} {body.get('kind')}, not a {kind.name}")
    document = copy.deepcopy(body)
    metadata = document.setdefault("metadata", {})
    if not metadata.get("name") and metadata.get("generateName"):
        metadata["name"] = metadata["generateName"] + secrets.token_hex(3)
    if name and metadata.get("name") != name:
        raise malformed(f"the name of the object ({metadata.get('name')}) is not that of the URL ({name})")
    if kind.namespaced and metadata.setdefault("namespace", namespace) != namespace:
        raise malformed("the namespace of the provided object does not match the namespace sent on the request")
    validate(kind, document)
    if texts := document.pop("stringData", None):
        encoded = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
        document["data"] = document.get("data", {}) | encoded
    return document
