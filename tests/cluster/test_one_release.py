"""One release from its installation to its end, with the real Helm 3; `make cluster-test` tells the long stories."""

import pytest

from tests.cluster.database import NOWHERE, add_nowhere, on_postgres
from tests.cluster.helm import HelmFailedError
from tests.cluster.installed import DATA, PREFIX, Place, named

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.parametrize("generation", [3], ids=["helm3"]),
]


def test_a_release_lives_and_leaves_nothing_but_its_data(place: Place) -> None:
    add_nowhere(place)
    before = place.everything()
    place.helm.install({}, timeout=place.patience)
    place.helm.upgrade({"comment": {"guests": False}}, timeout=place.patience)
    with pytest.raises(HelmFailedError, match="pre-upgrade"):
        place.helm.upgrade(on_postgres(account=NOWHERE), timeout=place.patience)
    history = [(each.number, each.status) for each in place.helm.history()]
    assert history == [(1, "superseded"), (2, "deployed"), (3, "failed")]
    assert all(each["status"]["readyReplicas"] == 1 for each in place.deployments().values())
    place.helm.uninstall(timeout=place.patience)
    place.wait_gone(f"secret/{PREFIX}-authority")
    # Helm knows the last revision alone, which failed: Jobs of others are left to Kubernetes, which removes them later.
    assert all("ttlSecondsAfterFinished" in each["spec"] for each in place.every("jobs"))
    left = {each for each in place.everything() - before if not each.startswith("pod/")}
    assert left - named("job", "migrate-account", "certificates-2") == DATA
