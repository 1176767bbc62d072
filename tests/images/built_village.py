"""A village of real pods: the chart's own manifests, in the images that `make images` built (`make images-test`).

Jobs and Deployments come in the order in which Helm and the controllers start them, PostgreSQL and an OTLP receiver are
this machine's, and the API server that the certificates' Job speaks to is the double of its unit test.
"""

import json
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from docker.images import USER
from mesh.telemetry.traces import latest_traces, load_trace
from mesh.testing.postgres import PostgresServer, postgres_server
from services.cli.layout import WORKLOADS
from tests.chart.rendering import kinds, render
from tests.images.installation import COMPONENTS, Installation, unpacked
from tests.images.kubelet import await_ready, is_ready, succeeds
from tests.images.manifests import Surroundings, owned
from tests.images.pods import Pod, Pods
from tests.unit.cli.test_cluster_certificates import TOKEN, Api

SOCKETS, SOCKET = "/run/postgresql", ".s.PGSQL.5432"
ON_THE_WAY = {"edge", "comment", "blog", "spam"}
ADMINISTRATOR = {"username": "warden", "email": "warden@hamlet.example.com", "password": "seven lamps and a heron"}
STATUS = """
import json, os
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
try:
    open("/written", "w")
except OSError as error:
    root = os.strerror(error.errno)
print(json.dumps([os.getuid(), *(status[name].strip() for name in ("CapEff", "NoNewPrivs", "Seccomp")), root]))
"""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = tmp_path_factory.mktemp("pods")
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def installation(folder: Path) -> Iterator[Installation]:
    """Nothing of it runs yet but what is outside the cluster."""
    documents = render("postgres", "admin.secret=first")
    with ExitStack() as until_the_end:
        pods = Pods(folder / "manifests", tuple(kinds(documents, "ConfigMap")))
        until_the_end.callback(pods.close)
        server = until_the_end.enter_context(postgres_server())
        urls = {f"{name}-db-app": {"uri": inside(server.create(name))} for name in ("account", "blog", "comment")}
        until_the_end.enter_context(receiver(pods.gateway, folder / "traces"))
        around = Surroundings(
            folder=folder,
            secrets=urls | {"first": ADMINISTRATOR},
            hosts={"village-hamlet-jaeger": pods.gateway},
            shared={f"{SOCKETS}/{SOCKET}": socket_of(server) / SOCKET},
            # A Service without an address of its own has no port of its own either; and there is no Jaeger to ask.
            told={"HAMLET_URL": "http://village-hamlet-edge:8080", "HAMLET_JAEGER_URL": ""},
        )
        yield Installation(documents, pods, around)


def socket_of(server: PostgresServer) -> Path:
    """The folder of the server's socket."""
    return Path(parse_qs(urlsplit(server.url("any")).query)["host"][0])


def inside(url: str) -> str:
    """The URL by which a pod reaches the database, through the socket that is mounted there."""
    return urlsplit(url)._replace(query=f"host={quote(SOCKETS, safe='')}").geturl()


@contextmanager
def receiver(address: str, out: Path) -> Iterator[None]:
    """Ours, where the chart's Jaeger would be."""
    command = [sys.executable, "-m", "mesh.telemetry.receiver", "--listen", f"{address}:4317", "--out", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == f"listening on {address}:4317\n"
        yield
    finally:
        process.terminate()
        process.communicate(timeout=20)


@contextmanager
def api_server(address: str) -> Iterator[Api]:
    server = Api(address)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def certified(installation: Installation, folder: Path) -> Installation:
    """With the certificates that the Job issued."""
    account = owned(folder / "account")
    (account / "token").write_text(TOKEN)
    with api_server(installation.pods.gateway) as api:
        told = {"HAMLET_CLUSTER_API": f"http://{installation.pods.gateway}:{api.server_port}"}
        asked = replace(installation.around, account=account, told=told)
        status, said = installation.beside(asked).run("Job", "certificates-1")
        assert status == 0, said
    files = unpacked(api.secrets, folder / "secrets")
    assert files.keys() == {"village-hamlet-authority", *(f"village-hamlet-{name}-tls" for name in WORKLOADS)}
    return installation.beside(replace(installation.around, files=files))


@pytest.fixture(scope="module")
def village(certified: Installation) -> dict[str, Pod]:
    """Every Deployment of the chart but Jaeger's, ready."""
    for component in ("account", "blog", "comment"):
        status, said = certified.run("Job", f"migrate-{component}")
        assert status == 0, said
    pods = {component: certified.start(component, ready=False) for component in COMPONENTS}
    for pod in pods.values():
        await_ready(certified.pods, pod)
    return pods


def await_trace(folder: Path, services: set[str]) -> bool:
    """Whether a trace arrives within half a minute that has spans of all these; exporters send now and then."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for each in latest_traces(folder):
            if services <= {span.service for span in load_trace(folder, each.trace_id)}:
                return True
        time.sleep(0.5)
    return False


def test_the_probes_of_the_chart_are_answered(village: dict[str, Pod]) -> None:
    """Kubernetes' own gRPC probes, without a program in the image; and what nobody listens to is not alive."""
    for name, pod in village.items():
        for container in pod.template["spec"]["containers"]:
            for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
                assert succeeds(container[kind], pod, container), (name, kind)
    (container,) = village["blog"].template["spec"]["containers"]
    assert container["livenessProbe"]["grpc"] == {"port": 50052, "service": "live"}
    assert not succeeds({"grpc": {"port": 50059}}, village["blog"], container)
    assert not succeeds({"grpc": {"port": 50052, "service": "strange"}}, village["blog"], container)


def test_a_comment_goes_through_the_village_and_its_trace_arrives(
    certified: Installation, village: dict[str, Pod], folder: Path
) -> None:
    """What `helm test` does, after the first administrator was made."""
    status, said = certified.run("Job", "operator")
    assert (status, "administrator warden created" in said) == (0, True), said
    status, said = certified.run("Pod", "test")
    assert status == 0, said
    assert re.search(r"commented: .*\nthe village works", said)

    assert await_trace(folder / "traces", ON_THE_WAY)


def test_a_container_may_do_nothing_but_its_work(certified: Installation, village: dict[str, Pod]) -> None:
    for pod in village.values():
        for container in pod.template["spec"]["containers"]:
            done = certified.pods.podman("exec", pod.container(container["name"]), "python", "-c", STATUS)
            assert json.loads(done.stdout) == [USER, "0" * 16, "1", "2", "Read-only file system"], pod.name


def test_a_pod_that_leaves_is_not_killed(certified: Installation, village: dict[str, Pod]) -> None:
    """preStop, drain and grace end before the grace period does."""
    leaving = certified.start("blog")
    assert is_ready(leaving)
    assert certified.end(leaving) < leaving.template["spec"]["terminationGracePeriodSeconds"] - 1
