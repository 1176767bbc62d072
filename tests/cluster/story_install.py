"""A village is installed: what is made, in which order, and what happens when it cannot be."""

from itertools import pairwise

import pytest
import yaml

from tests.chart.rendering import ROOT
from tests.cluster.database import NOWHERE, ON_POSTGRES, add_database, add_nowhere, on_postgres
from tests.cluster.helm import HelmFailedError, Revision
from tests.cluster.installed import PREFIX, Place, named

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_everything_of_the_manifest_is_there_and_ready(place: Place) -> None:
    place.helm.install({}, timeout=place.patience)
    assert place.helm.history() == [Revision(1, "deployed", "Install complete")]
    manifest = [each for each in yaml.safe_load_all(place.helm.manifest()) if each]
    assert len(manifest) > 30
    wanted = {f"{each['kind'].lower()}/{each['metadata']['name']}" for each in manifest}
    assert wanted <= place.everything()
    for component, each in place.deployments().items():
        assert each["status"]["readyReplicas"] == each["spec"]["replicas"] == 1, component


def test_the_certificates_are_the_release_s_own_and_made_once(place: Place) -> None:
    """By the Job's real program, with the rights of its ServiceAccount; an upgrade keeps those that are good."""
    place.helm.install({}, timeout=place.patience)
    owner = place.get("serviceaccount", f"{PREFIX}-certificates")["metadata"]["uid"]
    made = {each["metadata"]["name"]: each for each in place.every("secrets") if PREFIX in each["metadata"]["name"]}
    workloads = ("account", "blog", "comment", "edge", "operator", "spam")
    assert set(made) == {f"{PREFIX}-authority", *(f"{PREFIX}-{each}-tls" for each in workloads)}
    assert {each["metadata"]["ownerReferences"][0]["uid"] for each in made.values()} == {owner}
    place.helm.upgrade({}, timeout=place.patience)
    place.kubectl("wait", f"job/{PREFIX}-certificates-2", "--for=condition=Complete", f"--timeout={place.patience}s")
    assert all(place.get("secret", name)["data"] == each["data"] for name, each in made.items())


def test_migrations_are_over_before_there_is_a_pod(place: Place) -> None:
    """One after the other: account, blog, comment; and their Jobs are gone when they went well."""
    add_database(place)
    place.helm.install(ON_POSTGRES, timeout=place.patience)
    ran = sorted((hook for hook in place.helm.hooks() if "migrate" in hook.name), key=lambda hook: hook.started)
    assert [hook.name for hook in ran] == [f"{PREFIX}-migrate-{each}" for each in ("account", "blog", "comment")]
    assert {hook.phase for hook in ran} == {"Succeeded"}
    assert all(before.completed <= after.started for before, after in pairwise(ran))
    for component, each in place.deployments().items():
        if component != "database":
            assert _second(ran[-1].completed) <= each["metadata"]["creationTimestamp"], component
    assert not any("migrate" in each["metadata"]["name"] for each in place.every("jobs"))


def test_the_first_administrator_is_made_when_the_village_stands(place: Place) -> None:
    literals = [
        f"--from-literal={each}" for each in ("username=a", "email=a@example.com", "password=long-enough-for-it")
    ]
    place.kubectl("create", "secret", "generic", "first", *literals)
    place.helm.install({"admin": {"secret": "first"}}, timeout=place.patience)
    hook = next(each for each in place.helm.hooks() if each.name == f"{PREFIX}-operator")
    assert hook.phase == "Succeeded"
    assert all(each["metadata"]["creationTimestamp"] <= hook.started for each in place.every("deployments"))


def test_a_migration_that_fails_installs_no_service(place: Place) -> None:
    add_nowhere(place)
    before = place.everything()
    with pytest.raises(HelmFailedError):
        place.helm.install(on_postgres(account=NOWHERE), timeout=place.patience, undo=True)
    left = {each for each in place.everything() - before if not each.startswith("pod/")}
    assert left == named("job", "migrate-account"), "the Job that failed, for its log"


def test_kinds_that_the_cluster_lacks_are_said_before_anything_is_made(place: Place) -> None:
    """Of cert-manager, KEDA, the Prometheus operator and the Gateway API: a cluster that has them all installs this."""
    values = yaml.safe_load((ROOT / "helm" / "hamlet" / "ci" / "production-values.yaml").read_text())
    with pytest.raises(HelmFailedError, match="no matches for kind"):
        place.helm.install(values, timeout=place.short)
    assert {each for each in place.everything() if not each.startswith("secret/sh.helm")} == set()


def _second(moment: str) -> str:
    """As a `creationTimestamp` has it: UTC, without fractions."""
    return moment[:19] + "Z"
