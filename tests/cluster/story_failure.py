"""An upgrade fails, and what was there before stands; a release is rolled back."""

import re
from typing import Any

import pytest

from tests.cluster.database import NOWHERE, ON_POSTGRES, add_database, add_nowhere, on_postgres
from tests.cluster.helm import HelmFailedError, Revision
from tests.cluster.installed import BROKEN, PREFIX, Place, named

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def specifications(place: Place) -> dict[str, Any]:
    return {name: each["spec"] for name, each in place.deployments().items()}


def brief(history: list[Revision]) -> list[tuple[int, str]]:
    return [(each.number, each.status) for each in history]


def test_a_migration_that_fails_stops_the_upgrade_before_a_pod_is_touched(place: Place) -> None:
    add_nowhere(place)
    place.helm.install({}, timeout=place.patience)
    before, pods, manifest = specifications(place), place.pods(), place.helm.manifest()
    with pytest.raises(HelmFailedError, match="pre-upgrade"):
        place.helm.upgrade(on_postgres(account=NOWHERE), timeout=place.patience)
    assert brief(place.helm.history()) == [(1, "deployed"), (2, "failed")]
    assert (specifications(place), place.pods(), place.helm.manifest()) == (before, pods, manifest)
    place.helm.upgrade({"comment": {"guests": False}}, timeout=place.patience)
    assert brief(place.helm.history()) == [(1, "superseded"), (2, "failed"), (3, "deployed")]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_migration_that_fails_is_undone_when_so_asked(place: Place, database: str) -> None:
    """By Helm 4. Helm 3 cannot roll back to what the failed revision does not have and the cluster does: the volumes of
    SQLite, or the certificates' Job, of which each revision has its own. The pods are not touched, and an upgrade with
    the former values goes on.
    """
    add_nowhere(place)
    if database == "postgresql":
        add_database(place)
    values = ON_POSTGRES if database == "postgresql" else {}
    place.helm.install(values, timeout=place.patience)
    before, pods = specifications(place), place.pods()
    with pytest.raises(HelmFailedError, match="pre-upgrade"):
        place.helm.upgrade(on_postgres(account=NOWHERE), timeout=place.patience, undo=True)
    history = place.helm.history()
    if place.helm.generation == 3:
        assert brief(history) == [(1, "deployed"), (2, "superseded"), (3, "failed")]
        assert re.search("no (Job|PersistentVolumeClaim) with the name", history[-1].description)
        assert (specifications(place), place.pods()) == (before, pods)
        place.helm.upgrade(values, timeout=place.patience)
    else:
        assert brief(history) == [(1, "superseded"), (2, "failed"), (3, "deployed")]
        assert history[-1].description == "Rollback to 1"
    assert place.helm.history()[-1].status == "deployed"
    assert (specifications(place), place.pods()) == (before, pods)


def test_the_old_pods_serve_while_the_new_ones_never_are_ready(place: Place) -> None:
    """With PostgreSQL: no pod leaves before its successor is ready, and after the rollback they are the same pods."""
    add_database(place)
    place.helm.install(ON_POSTGRES, timeout=place.patience)
    before, pods = specifications(place), place.pods()
    with pytest.raises(HelmFailedError):
        place.helm.upgrade({**ON_POSTGRES, "spam": BROKEN}, timeout=place.short, undo=True)
    assert brief(place.helm.history()) == [(1, "superseded"), (2, "failed"), (3, "deployed")]
    assert specifications(place) == before
    assert place.pods() == pods


def test_a_failed_upgrade_that_is_not_undone_leaves_the_old_pods_ready(place: Place) -> None:
    add_database(place)
    place.helm.install(ON_POSTGRES, timeout=place.patience)
    pods = place.pods()
    with pytest.raises(HelmFailedError):
        place.helm.upgrade({**ON_POSTGRES, "spam": BROKEN}, timeout=place.short)
    assert pods["spam"] < place.pods()["spam"], "the new pod waits beside the old one"
    spam = place.deployments()["spam"]["status"]
    assert (spam["readyReplicas"], spam["updatedReplicas"]) == (1, 1)
    place.helm.rollback(1, timeout=place.patience)
    assert place.pods() == pods


def test_a_rollback_is_the_exact_manifest_again(place: Place) -> None:
    place.helm.install({}, timeout=place.patience)
    manifest, before = place.helm.manifest(), specifications(place)
    changed = {"comment": {"guests": False}, "shutdown": {"graceSeconds": 20}, "jaeger": {"enabled": False}}
    place.helm.upgrade(changed, timeout=place.patience)
    assert specifications(place) != before
    place.helm.rollback(1, timeout=place.patience)
    assert place.helm.manifest() == manifest
    assert specifications(place) == before
    assert brief(place.helm.history()) == [(1, "superseded"), (2, "superseded"), (3, "deployed")]
    assert f"job/{PREFIX}-certificates-2" not in place.everything()
    assert named("job", "certificates-1") <= place.everything()
