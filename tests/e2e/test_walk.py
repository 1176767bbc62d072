"""What `helm test` runs, in a village of this machine: it works, cleans up, and fails where it should."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from mesh.telemetry.traces import load_trace
from services.cli.rest import call
from tests.e2e.running import Village

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("village"), pytest.mark.timeout(300)]


class QueryApi(HTTPServer):
    """Jaeger's query API over what the village's own receiver got; the real one is asked in `make test-jaeger`."""

    def __init__(self, traces: Path) -> None:
        self.traces = traces
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    server: QueryApi

    def do_GET(self) -> None:
        spans = load_trace(self.server.traces, self.path.rsplit("/", 1)[1])
        services = {span.service for span in spans}
        self.send_response(200 if spans else 404)
        self.end_headers()
        processes = {f"p{number}": {"serviceName": name} for number, name in enumerate(sorted(services))}
        self.wfile.write(json.dumps({"data": [{"spans": [], "processes": processes}]}).encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def jaeger(village: Village) -> Iterator[QueryApi]:
    server = QueryApi(village.home / "traces")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def administrator(village: Village, username: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {"USERNAME": username, "EMAIL": "another@example.com", "PASSWORD": "a good long password"}
    return run(
        village, "administrator", **{f"HAMLET_ADMIN_{key}": value for key, value in given.items()}, **environment
    )


def walk(village: Village, **environment: str) -> subprocess.CompletedProcess[str]:
    return run(village, "walk", **environment)


def run(village: Village, command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {
        "HAMLET_HOME": str(village.home),
        "HAMLET_URL": village.url,
        "HAMLET_ACCOUNT_TARGET": f"ipv4:127.0.0.1:{village.layout.grpc['account']}",
    }
    return subprocess.run(
        [sys.executable, "-m", f"services.cli.cluster.{command}"],
        env={**os.environ, **given, **environment},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_the_walk_finds_its_trace_and_leaves_nothing(village: Village, jaeger: QueryApi) -> None:
    before = call(village.url, "/v1/posts?pageSize=100").body
    done = walk(village, HAMLET_JAEGER_URL=f"http://127.0.0.1:{jaeger.server_port}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the village works" in done.stdout
    assert "blog, comment, edge, spam" in done.stdout
    assert "walker-" not in json.dumps(call(village.url, "/v1/posts?pageSize=100").body)
    assert len(before["posts"]) == len(call(village.url, "/v1/posts?pageSize=99").body["posts"])


def test_a_second_administrator_is_not_made(village: Village) -> None:
    done = administrator(village, "another")
    assert (done.returncode, done.stdout) == (0, "there is an administrator already\n"), done.stderr
    assert administrator(village, "not a name").returncode == 1
    alone = administrator(village, "another", HAMLET_ACCOUNT_TARGET="ipv4:127.0.0.1:1", HAMLET_ADMIN_PATIENCE="1")
    assert (alone.returncode, alone.stdout) == (1, "no administrator: UNAVAILABLE\n")


def test_without_an_operator_s_certificate_it_fails(village: Village, tmp_path: Path) -> None:
    done = walk(village, HAMLET_CERTS_DIR=str(village.home / "certs"), HAMLET_ACCOUNT_TARGET="ipv4:127.0.0.1:1")
    assert done.returncode == 1
    assert "UNAVAILABLE" in done.stdout
    assert "Traceback" not in done.stderr
