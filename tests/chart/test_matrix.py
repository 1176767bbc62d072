"""Every member of the matrix is valid for the oldest and the newest Kubernetes that the chart supports."""

import copy
import json
import subprocess
from collections.abc import Iterator
from functools import cache

import kubernetes_validate
import pytest
import yaml

from tests.chart.rendering import CHART, HELM, OF_VALUES, kinds, name_of, render

OLDEST = yaml.safe_load((CHART / "Chart.yaml").read_text())["kubeVersion"].removeprefix(">=").split("-")[0]
NEWEST = kubernetes_validate.latest_version()
CUSTOM = {
    "keda.sh",
    "cert-manager.io",
    "monitoring.coreos.com",
    "gateway.networking.k8s.io",
    "policy.linkerd.io",
    "security.istio.io",
    "networking.istio.io",
}
"""API groups whose schemas Kubernetes does not know."""


@pytest.fixture(scope="module", autouse=True)
def schemas_read_once() -> Iterator[None]:
    """The validator reads megabytes anew for every document."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kubernetes_validate.utils, "schema_contents", cache(kubernetes_validate.utils.schema_contents))
        yield


@cache
def validated(document: str, version: str) -> str:
    """The version whose schema was applied; members of the matrix have most documents in common."""
    applied: str = kubernetes_validate.validate(json.loads(document), version, strict=True)
    return applied


def test_the_matrix_is_the_one_that_was_promised() -> None:
    assert set(OF_VALUES) == {"minimal", "production", "gpu", "linkerd", "istio", "no-jaeger", "postgres"}


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("values", OF_VALUES)
def test_it_is_valid(values: str, version: str) -> None:
    seen = 0
    for each in render(values):
        if each["apiVersion"].split("/")[0] in CUSTOM:
            continue
        assert version.startswith(validated(json.dumps(each), version)), name_of(each)
        seen += 1
    assert seen > 30


def test_what_is_not_valid_is_found() -> None:
    deployment = copy.deepcopy(kinds(render(), "Deployment")[0])
    deployment["spec"]["template"]["spec"]["containers"][0]["livenesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, NEWEST, strict=True)


@pytest.mark.parametrize("values", OF_VALUES)
def test_no_two_resources_have_one_name(values: str) -> None:
    names = [(each["apiVersion"].split("/")[0], name_of(each)) for each in render(values)]
    assert len(names) == len(set(names))


def test_helm_has_nothing_to_say() -> None:
    done = subprocess.run([HELM, "lint", "--strict", CHART], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "WARNING" not in done.stdout


def test_two_releases_share_a_namespace() -> None:
    """Nothing is named without the release."""
    for each in render("production"):
        assert each["metadata"]["name"].startswith("village-hamlet-"), name_of(each)
        assert each["metadata"]["namespace"] == "hamlet", name_of(each)


@pytest.mark.parametrize("values", OF_VALUES)
def test_no_configuration_is_empty(values: str) -> None:
    maps = kinds(render(values), "ConfigMap")
    assert maps
    for each in maps:
        assert each["data"], name_of(each)
        for key, content in each["data"].items():
            assert content.strip(), f"{name_of(each)} {key}"
            if key.endswith((".yaml", ".json")):
                assert yaml.safe_load(content), f"{name_of(each)} {key}"
