"""Pods, as a node would run them: they wait for what they need, then are ready, or end."""

from typing import Any

from tests.cluster.double.controllers.containers import NotThereError, environment, needs
from tests.cluster.double.controllers.owned import set_status
from tests.cluster.double.controllers.programs import Programs, hosts, serves
from tests.cluster.double.store import Store, by_name

__all__ = ["reconcile"]

_POD = by_name("Pod")


def reconcile(store: Store, programs: Programs, images: frozenset[str]) -> None:
    """
    Args:
        images: what there is to pull.
    """
    pods = store.every(_POD)
    programs.end({pod["metadata"]["uid"] for pod in pods})
    for pod in pods:
        if pod.get("status", {}).get("phase") not in {"Succeeded", "Failed"}:
            set_status(store, _POD, pod, _status(store, pod, programs, images))


def _status(store: Store, pod: dict[str, Any], programs: Programs, images: frozenset[str]) -> dict[str, Any]:
    try:
        needs(store, pod, images)
        variables = {
            name: value
            for container in pod["spec"]["containers"]
            for name, value in environment(store, pod, container).items()
        }
    except NotThereError as missing:
        return {"phase": "Pending", "conditions": _ready(False), "message": str(missing)}
    if pod["spec"]["restartPolicy"] == "Never":
        well = programs.ended(pod, variables)
        phase = "Running" if well is None else "Succeeded" if well else "Failed"
        return {"phase": phase, "conditions": _ready(False)}
    # A service that does not reach its database is not ready.
    namespace = pod["metadata"]["namespace"]
    well = all(serves(store, namespace, host) for host in hosts(variables, only="postgres"))
    return {"phase": "Running", "conditions": _ready(well)}


def _ready(well: bool) -> list[dict[str, str]]:
    return [{"type": "Ready", "status": str(well)}]
