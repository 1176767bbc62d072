"""Jobs: one pod each; when it fails the Job does, without the pauses between tries that Kubernetes makes.

A Job that has ended is removed after its `ttlSecondsAfterFinished`.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.cluster.double.controllers.owned import make_pod, owned_by, set_status
from tests.cluster.double.store import Store, by_name

__all__ = ["expire", "reconcile"]

_JOB, _POD = by_name("Job"), by_name("Pod")


def reconcile(store: Store) -> None:
    for job in store.every(_JOB):
        if _ended(job):
            continue
        pods = owned_by(store, _POD, job)
        if not pods:
            pods = [make_pod(store, job, f"{job['metadata']['name']}-{store.version:05x}")]
        set_status(store, _JOB, job, _status(job, pods[0].get("status", {}).get("phase", "")))


def expire(store: Store) -> float | None:
    """Removes the Jobs whose time is over. Returns the seconds until the next one's is."""
    now, soonest = datetime.now(UTC), None
    for job in store.every(_JOB):
        kept = job["spec"].get("ttlSecondsAfterFinished")
        if kept is None or not (ended := _ended(job)):
            continue
        left = (datetime.fromisoformat(ended) + timedelta(seconds=kept) - now).total_seconds()
        if left <= 0:
            store.delete(_JOB, job["metadata"]["namespace"], job["metadata"]["name"])
        else:
            soonest = left if soonest is None else min(soonest, left)
    return soonest


def _ended(job: dict[str, Any]) -> str:
    """When it ended; empty as long as it has not."""
    for each in job.get("status", {}).get("conditions", []):
        if each["type"] in {"Complete", "Failed"}:
            return str(each["lastTransitionTime"])
    return ""


def _status(job: dict[str, Any], phase: str) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    started = {"startTime": job.get("status", {}).get("startTime", now)}
    if phase == "Succeeded":
        complete = {"type": "Complete", "status": "True", "lastTransitionTime": now}
        return {**started, "completionTime": now, "succeeded": 1, "conditions": [complete]}
    if phase == "Failed":
        failed = {"type": "Failed", "status": "True", "lastTransitionTime": now, "reason": "BackoffLimitExceeded"}
        return {**started, "failed": job["spec"]["backoffLimit"] + 1, "conditions": [failed]}
    return {**started, "active": 1}
