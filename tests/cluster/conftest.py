"""Where the chart is tried: a real cluster where HAMLET_TEST_KUBECONFIG names one, otherwise the test double of one."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chart.rendering import containers, render
from tests.cluster.database import IMAGE
from tests.cluster.double.cluster import Double
from tests.cluster.helm import Helm3, Helm4
from tests.cluster.installed import Place, fresh_namespace

_REAL = os.environ.get("HAMLET_TEST_KUBECONFIG", "")


def pytest_report_header() -> str:
    if _REAL:
        return "the chart's promises are tried in the real cluster of HAMLET_TEST_KUBECONFIG"
    return "the API server of tests/cluster is a TEST DOUBLE, no cluster; HAMLET_TEST_KUBECONFIG names a real one"


@pytest.fixture(scope="session")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if _REAL:
        yield Path(_REAL)
        return
    images = {container["image"] for _, container, _ in containers(render("postgres"))}
    with Double({*images, IMAGE}) as double:
        yield double.kubeconfig(tmp_path_factory.mktemp("double") / "kubeconfig")
        assert double.faults == []


@pytest.fixture(params=[3, 4], ids=["helm3", "helm4"])
def generation(request: pytest.FixtureRequest) -> int:
    """Of Helm."""
    which: int = request.param
    return which


@pytest.fixture
def place(kubeconfig: Path, generation: int) -> Iterator[Place]:
    """A namespace of the test's own, removed after it."""
    namespace = fresh_namespace()
    helm = Helm3(kubeconfig, namespace) if generation == 3 else Helm4(kubeconfig, namespace)
    short, patience = (60, 300) if _REAL else (4, 240)
    here = Place(kubeconfig, namespace, helm, bool(_REAL), short, patience)
    here.kubectl("create", "namespace", namespace)
    yield here
    here.kubectl("delete", "namespace", namespace, "--wait=false")
