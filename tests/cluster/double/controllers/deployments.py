"""Deployments: a ReplicaSet for each template, replaced as the strategy says.

Simpler than Kubernetes' own: all the new pods are started at once, whatever `maxSurge` says, and the old ones leave
when all the new ones are ready.
"""

import hashlib
import json
from typing import Any

from tests.cluster.double.controllers.owned import make, make_pod, owned_by, set_status
from tests.cluster.double.store import Store, by_name

__all__ = ["reconcile"]

_DEPLOYMENT, _REPLICA_SET, _POD = by_name("Deployment"), by_name("ReplicaSet"), by_name("Pod")
_HASH = "pod-template-hash"
_REVISION = "deployment.kubernetes.io/revision"


def reconcile(store: Store) -> None:
    for deployment in store.every(_DEPLOYMENT):
        _replace_pods(store, deployment)
    for replica_set in store.every(_REPLICA_SET):
        _scale(store, replica_set)
    for deployment in store.every(_DEPLOYMENT):
        _report(store, deployment)


def _replace_pods(store: Store, deployment: dict[str, Any]) -> None:
    current, former = _sets(store, deployment)
    if current is None:
        current = _new_set(store, deployment, len(former) + 1)
    wanted = deployment["spec"]["replicas"]
    if deployment["spec"]["strategy"]["type"] == "Recreate":
        left = [pod for each in former for pod in owned_by(store, _POD, each)]
        _set_replicas(store, former, 0)
        _set_replicas(store, [current], 0 if left else wanted)
    else:
        _set_replicas(store, [current], wanted)
        if _ready(store, current) >= wanted:
            _set_replicas(store, former, 0)


def _sets(store: Store, deployment: dict[str, Any]) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """The ReplicaSet of the template as it is, and those of templates before it."""
    name = _template_hash(deployment)
    owned = owned_by(store, _REPLICA_SET, deployment)
    current = next((each for each in owned if each["metadata"]["labels"][_HASH] == name), None)
    return current, [each for each in owned if each["metadata"]["labels"][_HASH] != name]


def _template_hash(deployment: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(deployment["spec"]["template"], sort_keys=True).encode()).hexdigest()[:10]


def _new_set(store: Store, deployment: dict[str, Any], revision: int) -> dict[str, Any]:
    name = _template_hash(deployment)
    template = deployment["spec"]["template"]
    labels = template["metadata"]["labels"] | {_HASH: name}
    selector = deployment["spec"]["selector"]["matchLabels"] | {_HASH: name}
    return make(
        store,
        _REPLICA_SET,
        deployment,
        {
            "metadata": {
                "name": f"{deployment['metadata']['name']}-{name}",
                "labels": labels,
                "annotations": {_REVISION: str(revision)},
            },
            "spec": {
                "replicas": 0,
                "selector": {"matchLabels": selector},
                "template": {**template, "metadata": {**template["metadata"], "labels": labels}},
            },
        },
    )


def _set_replicas(store: Store, sets: list[dict[str, Any]], replicas: int) -> None:
    for each in sets:
        if each["spec"]["replicas"] != replicas:
            store.replace(_REPLICA_SET, {**each, "spec": {**each["spec"], "replicas": replicas}})


def _scale(store: Store, replica_set: dict[str, Any]) -> None:
    pods = owned_by(store, _POD, replica_set)
    wanted = replica_set["spec"]["replicas"]
    for pod in pods[wanted:]:
        store.delete(_POD, pod["metadata"]["namespace"], pod["metadata"]["name"])
    for _ in range(wanted - len(pods)):
        make_pod(store, replica_set, f"{replica_set['metadata']['name']}-{store.version:05x}")
    ready = _ready(store, replica_set)
    status = {
        "replicas": len(owned_by(store, _POD, replica_set)),
        "readyReplicas": ready,
        "availableReplicas": ready,
        "observedGeneration": replica_set["metadata"]["generation"],
    }
    set_status(store, _REPLICA_SET, replica_set, status)


def _ready(store: Store, replica_set: dict[str, Any]) -> int:
    pods = owned_by(store, _POD, replica_set)
    conditions = [each for pod in pods for each in pod.get("status", {}).get("conditions", [])]
    return sum(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _report(store: Store, deployment: dict[str, Any]) -> None:
    current, former = _sets(store, deployment)
    if current is None:
        return
    wanted = deployment["spec"]["replicas"]
    of_now = current.get("status", {})
    ready = sum(each.get("status", {}).get("readyReplicas", 0) for each in (current, *former))
    done = of_now.get("readyReplicas") == wanted and not any(each["spec"]["replicas"] for each in former)
    status = {
        "observedGeneration": deployment["metadata"]["generation"],
        "replicas": sum(each.get("status", {}).get("replicas", 0) for each in (current, *former)),
        "updatedReplicas": of_now.get("replicas", 0),
        "readyReplicas": ready,
        "availableReplicas": ready,
        "unavailableReplicas": max(0, wanted - ready),
        "conditions": [
            {"type": "Available", "status": str(ready >= wanted), "reason": "MinimumReplicasAvailable"},
            {
                "type": "Progressing",
                "status": "True",
                "reason": "NewReplicaSetAvailable" if done else "ReplicaSetUpdated",
            },
        ],
    }
    set_status(store, _DEPLOYMENT, deployment, status)
