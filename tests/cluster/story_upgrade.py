"""An installed village is changed: by an upgrade, by hand, and by an upgrade after a hand."""

import json

import pytest

from tests.cluster.helm import Helm4, HelmFailedError, Revision
from tests.cluster.installed import PREFIX, Place, named

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def variable(place: Place, component: str, name: str) -> str | None:
    """Of a component's container, as the cluster has it."""
    container = place.deployments()[component]["spec"]["template"]["spec"]["containers"][0]
    return next((each.get("value") for each in container["env"] if each["name"] == name), None)


def annotations(place: Place, component: str) -> dict[str, str]:
    found: dict[str, str] = place.deployments()[component]["spec"]["template"]["metadata"]["annotations"]
    return found


def test_a_setting_of_one_service_replaces_its_pods_alone(place: Place) -> None:
    place.helm.install({}, timeout=place.patience)
    before = place.pods()
    place.helm.upgrade({"comment": {"guests": False}}, timeout=place.patience)
    after = place.pods()
    assert variable(place, "comment", "HAMLET_COMMENT_GUESTS") == "false"
    assert before["comment"].isdisjoint(after["comment"])
    assert {name: before[name] for name in before if name != "comment"} == {
        name: after[name] for name in after if name != "comment"
    }
    assert place.helm.history() == [
        Revision(1, "superseded", "Install complete"),
        Revision(2, "deployed", "Upgrade complete"),
    ]


def test_a_setting_of_all_services_replaces_their_pods(place: Place) -> None:
    """It is in a ConfigMap, which alone would not do so: its checksum is an annotation of the pods."""
    place.helm.install({}, timeout=place.patience)
    before, checksum = place.pods(), annotations(place, "blog")["checksum/settings"]
    place.helm.upgrade({"shutdown": {"drainSeconds": 3}}, timeout=place.patience)
    after = place.pods()
    assert place.get("configmap", f"{PREFIX}-settings")["data"]["HAMLET_DRAIN_SECONDS"] == "3"
    assert annotations(place, "blog")["checksum/settings"] != checksum
    for component in ("account", "blog", "comment", "spam", "edge"):
        assert before[component].isdisjoint(after[component]), component
    assert before["jaeger"] == after["jaeger"]


def test_what_was_changed_by_hand(place: Place) -> None:
    """Helm 3 puts the chart's value back without a word, by its three-way merge. Helm 4 applies on the server, where
    the hand owns the field now: it names the field and refuses, until `--force-conflicts` takes it back. What the
    chart says nothing about stays with both.
    """
    place.helm.install({}, timeout=place.patience)
    patch = {
        "metadata": {"labels": {"by": "hand"}},
        "spec": {
            "template": {
                "spec": {
                    "containers": [{"name": "comment", "env": [{"name": "HAMLET_COMMENT_GUESTS", "value": "false"}]}],
                }
            }
        },
    }
    place.kubectl("patch", f"deployment/{PREFIX}-comment", "--patch", json.dumps(patch))
    assert variable(place, "comment", "HAMLET_COMMENT_GUESTS") == "false"
    if place.helm.generation == 4:
        with pytest.raises(HelmFailedError, match=r"conflict with .kubectl-patch.*HAMLET_COMMENT_GUESTS"):
            place.helm.upgrade({}, timeout=place.patience)
        assert place.helm.history()[-1].status == "failed"
        assert variable(place, "comment", "HAMLET_COMMENT_GUESTS") == "false"
    place.helm.upgrade({}, timeout=place.patience, force=True)
    assert variable(place, "comment", "HAMLET_COMMENT_GUESTS") == "true"
    assert variable(place, "comment", "HAMLET_COMMENT_UNJUDGED") == "HOLD"
    assert place.deployments()["comment"]["metadata"]["labels"]["by"] == "hand"


def test_what_was_deleted_by_hand_is_made_again(place: Place) -> None:
    place.helm.install({}, timeout=place.patience)
    place.kubectl("delete", f"deployment/{PREFIX}-edge", f"service/{PREFIX}-edge")
    place.helm.upgrade({}, timeout=place.patience)
    assert named("deployment", "edge") | named("service", "edge") <= place.everything()


def test_what_is_taken_from_the_values_goes_from_the_objects(place: Place) -> None:
    """An annotation, a variable in a list, and all of a component."""
    more = {"blog": {"podAnnotations": {"example.com/team": "press"}, "env": {"HAMLET_BLOG_UNDELETE_WINDOW": "60"}}}
    place.helm.install(more, timeout=place.patience)
    assert annotations(place, "blog")["example.com/team"] == "press"
    assert variable(place, "blog", "HAMLET_BLOG_UNDELETE_WINDOW") == "60"
    of_jaeger = {f"{kind}/{PREFIX}-jaeger" for kind in ("deployment", "service", "configmap", "networkpolicy")}
    assert of_jaeger <= place.everything()
    place.helm.upgrade({"jaeger": {"enabled": False}}, timeout=place.patience)
    assert "example.com/team" not in annotations(place, "blog")
    container = place.deployments()["blog"]["spec"]["template"]["spec"]["containers"][0]
    assert "HAMLET_BLOG_UNDELETE_WINDOW" not in [each["name"] for each in container.get("env", [])]
    place.wait_gone(f"deployment/{PREFIX}-jaeger")
    assert of_jaeger.isdisjoint(place.everything())


@pytest.mark.parametrize("generation", [3], ids=["helm3"])
def test_a_village_of_helm_3_goes_on_with_helm_4(place: Place) -> None:
    """Helm 4 keeps to the way in which the release was made, so that a field that is dropped goes there too."""
    place.helm.install({"blog": {"podAnnotations": {"example.com/team": "press"}}}, timeout=place.patience)
    successor = Helm4(place.kubeconfig, place.namespace)
    successor.upgrade({"comment": {"guests": False}}, timeout=place.patience)
    assert [each.status for each in successor.history()] == ["superseded", "deployed"]
    assert variable(place, "comment", "HAMLET_COMMENT_GUESTS") == "false"
    assert "example.com/team" not in annotations(place, "blog")
    successor.uninstall(timeout=place.patience)
    place.wait_gone(f"deployment/{PREFIX}-blog")
    assert not place.deployments()
