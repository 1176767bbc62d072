"""A village is tested, and is uninstalled: what is left, and why."""

import pytest

from tests.cluster.database import NOWHERE, add_nowhere, on_postgres
from tests.cluster.helm import HelmFailedError
from tests.cluster.installed import DATA, PREFIX, Place, named

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_nothing_is_left_but_what_people_wrote(place: Place) -> None:
    before = place.everything()
    place.helm.install({}, timeout=place.patience)
    place.helm.upgrade({"comment": {"guests": False}}, timeout=place.patience)
    place.helm.rollback(1, timeout=place.patience)
    leave(place)
    assert place.everything() - before == DATA


def test_a_village_that_comes_back_has_its_data(place: Place) -> None:
    place.helm.install({}, timeout=place.patience)
    claims = volumes(place)
    leave(place)
    place.helm.install({}, timeout=place.patience)
    assert {
        each["metadata"]["name"]: each["metadata"]["uid"] for each in place.every("persistentvolumeclaims")
    } == claims
    assert all(each["status"]["readyReplicas"] == 1 for each in place.deployments().values())


def test_the_test_says_whether_the_village_works(place: Place) -> None:
    place.helm.install({}, timeout=place.patience)
    place.helm.test(timeout=place.patience)
    place.kubectl("patch", f"deployment/{PREFIX}-edge", "--patch", '{"spec": {"replicas": 0}}')
    place.kubectl(
        "wait", "pod", "--selector=app.kubernetes.io/component=edge", "--for=delete", f"--timeout={place.patience}s"
    )
    with pytest.raises(HelmFailedError):
        place.helm.test(timeout=place.patience)


def test_what_is_kept_for_its_log_goes_by_itself_or_by_one_command(place: Place) -> None:
    """The Job of a migration that failed, and the certificates' Job of an upgrade that failed later, which no revision
    knows any more: Kubernetes removes them. The pod of `helm test` has to be removed by hand, as the README says.
    """
    add_nowhere(place)
    brief = {"migrations": {"keepSeconds": 5}}
    before = place.everything()
    place.helm.install(brief, timeout=place.patience)
    with pytest.raises(HelmFailedError):
        place.helm.upgrade({**brief, **on_postgres(account=NOWHERE)}, timeout=place.patience)
    with pytest.raises(HelmFailedError):
        place.helm.upgrade({**brief, "images": {"spamCpu": {"repository": "no-such-image"}}}, timeout=place.short)
    place.helm.upgrade(brief, timeout=place.patience)
    place.helm.test(timeout=place.patience)
    leave(place)
    for job in ("migrate-account", "certificates-3"):
        place.wait_gone(f"job/{PREFIX}-{job}")
    assert place.everything() - before - DATA <= named("pod", "test")
    place.kubectl("delete", "pod", "--selector", "app.kubernetes.io/instance=village", "--ignore-not-found")
    assert place.everything() - before == DATA


def volumes(place: Place) -> dict[str, str]:
    """Their uids, by name."""
    return {each["metadata"]["name"]: each["metadata"]["uid"] for each in place.every("persistentvolumeclaims")}


def leave(place: Place) -> None:
    """Uninstalls, and waits for what Kubernetes removes after its owner."""
    place.helm.uninstall(timeout=place.patience)
    for kind in ("deployment", "replicaset", "pod", "secret"):
        selector = "app.kubernetes.io/component!=operator,app.kubernetes.io/name=hamlet"
        place.kubectl("wait", kind, "--selector", selector, "--for=delete", f"--timeout={place.patience}s")
