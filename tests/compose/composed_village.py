"""compose.yaml, brought up by the real docker-compose with the built images: `make compose-test`, not the suite.

`stand_ins/document.py` says what of it is changed, because others' images cannot be fetched here.
"""

import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.cli.rest import RestError, call
from tests.compose.engine import Engine, Project
from tests.compose.sources import ROOT, composed
from tests.compose.stand_ins.document import with_stand_ins

PATIENCE_SECONDS, PAUSE = 60.0, 0.5
SERVICES = ("account", "blog", "comment", "spam")
ONCE = ("volumes", "certificates", "migrate-account", "migrate-blog", "migrate-comment", "administrator")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
SPANS = """
import json, pathlib
spans = {}
for path in pathlib.Path("/tmp/traces").glob("*"):
    for line in path.read_text().splitlines():
        for each in json.loads(line)["resourceSpans"]:
            who = next(a["value"]["stringValue"] for a in each["resource"]["attributes"] if a["key"] == "service.name")
            for scope in each["scopeSpans"]:
                for span in scope["spans"]:
                    spans.setdefault(span["traceId"], set()).add(who)
print(json.dumps([sorted(each) for each in spans.values()]))
"""

ASKED = """
import json
told = dict(line.split(":\\t", 1) for line in open("/proc/1/status").read().splitlines() if ":\\t" in line)
try:
    open("/etc/x", "w")
except OSError as error:
    told["written"] = error.strerror
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What `docker/secrets.sh` draws, and where it left it."""
    folder = tmp_path_factory.mktemp("docker")
    shutil.copy(ROOT / "docker" / "secrets.sh", folder)
    subprocess.run(["sh", folder / "secrets.sh"], check=True)
    return {str(path): path.read_text().strip() for path in (folder / "secrets").iterdir()}


@pytest.fixture(scope="module")
def village(secrets: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    engine = Engine(tmp_path_factory.mktemp("engine"))
    document = with_stand_ins(composed(), Path(next(iter(secrets))).parent)
    project = Project(engine, f"hamlet-test-{os.getpid()}", document)
    engine.start()
    try:
        project.up("cache", "administrator", "certificates-renewal", "prometheus")
        yield project
    finally:
        project.close()
        engine.close()


@pytest.fixture(scope="module")
def url(village: Project) -> str:
    return f"http://{village.address('cache', 8080)}"


def asked(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.loads(answer.read())


def eventually(look: Any) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(PAUSE)
    return found


def test_what_runs_once_has_ended_well_and_what_serves_is_healthy(village: Project) -> None:
    states = {name.removeprefix(f"{village.name}_")[:-2]: each["State"] for name, each in village.described().items()}
    assert {name: states[name]["ExitCode"] for name in ONCE} == dict.fromkeys(ONCE, 0)
    for name in (*SERVICES, "edge", "postgres"):
        assert states[name].get("Health", states[name].get("Healthcheck"))["Status"] == "healthy", name


def test_a_comment_goes_through_it_and_its_trace_arrives(village: Project) -> None:
    """What `helm test` does; the trace is the one that passed through the collector's place to Jaeger's."""
    walked = village.compose("run", "--rm", "walk")
    assert "the village works" in walked.stdout, walked.stdout + walked.stderr + village.logs()

    def whole() -> bool:
        traces = json.loads(village.execute("jaeger", "python", "-c", SPANS).stdout)
        return any({"edge", "comment", "blog", "spam"} <= set(each) for each in traces)

    assert eventually(whole)


def test_the_administrator_signs_in_with_the_password_that_was_drawn(url: str, secrets: dict[str, str]) -> None:
    password = next(value for path, value in secrets.items() if path.endswith("/administrator"))

    def signed_in() -> bool:
        try:
            return bool(call(url, "/v1/sessions", {"login": "admin", "password": password}).body["accessToken"])
        except RestError as error:
            # A machine on which everything starts at once takes its time for a password's hash.
            if error.reason == "DEADLINE_EXCEEDED":
                return False
            raise

    assert eventually(signed_in)


def test_prometheus_finds_everybody_and_has_the_chart_s_rules(village: Project) -> None:
    prometheus = f"http://{village.address('prometheus', 9090)}"

    def up() -> set[str]:
        active = asked(f"{prometheus}/api/v1/targets")["data"]["activeTargets"]
        return {each["labels"]["job"] for each in active if each["health"] == "up"}

    assert eventually(lambda: up() >= {*SERVICES, "edge"})
    groups = asked(f"{prometheus}/api/v1/rules")["data"]["groups"]
    assert {each["name"] for each in groups} == {"hamlet-promises", "hamlet-services"}
    assert all(rule["health"] != "err" for each in groups for rule in each["rules"])


def test_no_secret_is_in_what_the_engine_tells_of_the_containers(village: Project, secrets: dict[str, str]) -> None:
    told = json.dumps(list(village.described().values()))
    assert "/run/secrets/account-database" in told
    assert [path for path, value in secrets.items() if value in told] == []


def test_a_service_has_its_own_certificate_and_its_own_database_alone(village: Project) -> None:
    listed = village.execute("blog", "python", "-c", "import os; print(*os.listdir('/etc/hamlet/certs'))")
    assert listed.stdout.split() == ["blog"]
    enter = "PGPASSWORD=$(cat /run/secrets/blog-database) psql -h 127.0.0.1 -U blog -c 'select 1' -d"
    assert village.execute("postgres", "sh", "-c", f"{enter} blog").returncode == 0
    refused = village.execute("postgres", "sh", "-c", f"{enter} account")
    assert "permission denied for database" in refused.stderr


def test_nobody_is_root_or_may_become_somebody_else(village: Project) -> None:
    for service in (*SERVICES, "edge", "cache", "prometheus"):
        fields = json.loads(village.execute(service, "python", "-c", ASKED).stdout)
        assert fields.pop("written") == "Read-only file system", service
        assert int(fields["Uid"].split()[0]) != 0, service
        assert int(fields["CapEff"], 16) == int(fields["CapBnd"], 16) == 0, service
        assert fields["NoNewPrivs"] == "1", service
