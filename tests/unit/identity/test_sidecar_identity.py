"""A sidecar's word counts on the pod's own loopback, and names one of our workloads or nobody."""

import pytest
from pydantic import ValidationError

from mesh.identity.sidecar import Sidecar, Vouching
from mesh.settings import MeshSettings

LINKERD = "hamlet-{workload}.hamlet.serviceaccount.identity.linkerd.cluster.local"
ISTIO = "spiffe://cluster.local/ns/hamlet/sa/hamlet-{workload}"
OURS = "By=spiffe://cluster.local/ns/hamlet/sa/hamlet-blog;Hash=ab;URI=spiffe://cluster.local/ns/hamlet/sa/hamlet-edge"
linkerd = Vouching(Sidecar.LINKERD, LINKERD, "10.1.2.3")
istio = Vouching(Sidecar.ISTIO, ISTIO)


@pytest.mark.parametrize(
    ("peer", "workload"),
    [
        ("127.0.0.1", "edge"),
        ("10.1.2.3", "edge"),
        ("::1", "edge"),
        ("10.1.2.4", ""),
        ("192.168.0.1", ""),
        ("", ""),
        ("unix:/somewhere", ""),
    ],
)
def test_linkerd_is_believed_from_the_pod_itself_alone(peer: str, workload: str) -> None:
    assert linkerd.workload({"l5d-client-id": LINKERD.replace("{workload}", "edge")}, peer) == workload


@pytest.mark.parametrize(
    "claim",
    [
        "",
        "hamlet-edge.other.serviceaccount.identity.linkerd.cluster.local",
        "edge.hamlet.serviceaccount.identity.linkerd.cluster.local",
        "hamlet-.hamlet.serviceaccount.identity.linkerd.cluster.local",
        "hamlet-EDGE.hamlet.serviceaccount.identity.linkerd.cluster.local",
        "hamlet-a.b.hamlet.serviceaccount.identity.linkerd.cluster.local",
    ],
)
def test_who_is_none_of_ours_is_nobody(claim: str) -> None:
    assert linkerd.workload({"l5d-client-id": claim}, "127.0.0.1") == ""
    assert linkerd.workload({"x-forwarded-client-cert": OURS}, "127.0.0.1") == ""


@pytest.mark.parametrize(
    ("header", "workload"),
    [
        (OURS, "edge"),
        # What a caller sent stands before what our own sidecar appended.
        ("URI=spiffe://cluster.local/ns/hamlet/sa/hamlet-operator," + OURS, "edge"),
        (OURS + ",By=x;Hash=ab;URI=spiffe://cluster.local/ns/other/sa/hamlet-edge", ""),
        ('Hash=ab;Subject="CN=a,URI=spiffe://cluster.local/ns/hamlet/sa/hamlet-operator";' + OURS, "edge"),
        ('Hash=ab;Subject="x;URI=spiffe://cluster.local/ns/hamlet/sa/hamlet-operator"', ""),
        (OURS + ";URI=spiffe://cluster.local/ns/hamlet/sa/hamlet-operator", ""),
        ("By=spiffe://cluster.local/ns/hamlet/sa/hamlet-edge;Hash=ab", ""),
        ("", ""),
    ],
)
def test_istio_s_last_word_counts(header: str, workload: str) -> None:
    assert istio.workload({"x-forwarded-client-cert": header}, "127.0.0.6") == workload
    assert istio.workload({"x-forwarded-client-cert": header}, "10.0.0.9") == ""


@pytest.mark.parametrize("pattern", ["", "{workload}", "spiffe://cluster.local/ns/hamlet/sa/hamlet-edge"])
def test_a_pattern_that_names_no_workload_stops_the_start(pattern: str) -> None:
    with pytest.raises(ValidationError):
        MeshSettings(sidecar=Sidecar.ISTIO, sidecar_identity=pattern)


def test_without_a_sidecar_nobody_vouches() -> None:
    assert MeshSettings().vouching() is None
