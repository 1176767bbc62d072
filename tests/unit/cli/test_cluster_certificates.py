"""The certificates' Job against a double of the part of the API server that it speaks to.

The real one is not here; what the double keeps of it: names, versions, conflicts, owners, base64.
"""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from mesh.identity.credentials import CertificateFiles
from services.cli.cluster.certificates import issue
from services.cli.cluster.secret_store import ApiError, ConflictError, SecretStore
from services.cli.layout import WORKLOADS

TOKEN = "token-of-the-job"


class Api(HTTPServer):
    """Secrets of one namespace."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.secrets: dict[str, dict[str, Any]] = {}
        self.written: list[str] = []
        super().__init__((address, 0), Handler)

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        kind, _, name = re.sub(r"^/api/v1/namespaces/[^/]+/", "", path).partition("/")
        if kind == "serviceaccounts":
            return 200, {"metadata": {"name": name, "uid": "uid-of-the-account"}}
        if method == "GET":
            return (200, self.secrets[name]) if name in self.secrets else (404, {})
        name = body["metadata"]["name"]
        now = self.secrets.get(name, {"metadata": {"resourceVersion": ""}})["metadata"]["resourceVersion"]
        if body["metadata"].get("resourceVersion", "") != now:
            return 409, {}
        body["metadata"]["resourceVersion"] = str(int(now or 0) + 1)
        self.secrets[name] = body
        self.written.append(name)
        return 201, body


class Handler(BaseHTTPRequestHandler):
    server: Api

    def _handle(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        allowed = self.headers["authorization"] == f"Bearer {TOKEN}"
        status, answer = self.server.answer(self.command, self.path, body) if allowed else (403, {})
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    do_GET = do_POST = do_PUT = _handle  # noqa: N815 - what http.server calls

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def api() -> Iterator[Api]:
    server = Api()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def store(api: Api, tmp_path: Path) -> SecretStore:
    (tmp_path / "token").write_text(TOKEN)
    return SecretStore(f"http://127.0.0.1:{api.server_port}", "village", tmp_path, owner="v-certificates")


def test_every_workload_gets_one_and_the_next_run_leaves_them(api: Api, store: SecretStore, tmp_path: Path) -> None:
    assert issue(store, "v", "hamlet.internal") == list(WORKLOADS)
    assert set(api.secrets) == {"v-authority", *(f"v-{name}-tls" for name in WORKLOADS)}
    assert all(each["metadata"]["ownerReferences"][0]["uid"] == "uid-of-the-account" for each in api.secrets.values())
    assert api.secrets["v-blog-tls"]["type"] == "kubernetes.io/tls"

    stored = store.get("v-blog-tls")
    assert stored is not None
    for name, content in stored.files.items():
        (tmp_path / name).write_bytes(content)
    assert CertificateFiles(tmp_path).load().belongs_together()

    api.written.clear()
    assert issue(store, "v", "hamlet.internal") == []
    assert api.written == []


def test_one_that_is_gone_is_issued_by_the_same_authority(api: Api, store: SecretStore) -> None:
    issue(store, "v", "hamlet.internal")
    before = api.secrets["v-authority"]["data"]
    del api.secrets["v-spam-tls"]
    assert issue(store, "v", "hamlet.internal") == ["spam"]
    assert api.secrets["v-authority"]["data"] == before
    assert api.secrets["v-spam-tls"]["data"]["ca.crt"] == before["ca.crt"]


def test_of_two_authorities_made_at_once_one_wins(
    api: Api, store: SecretStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = api.answer

    def another_was_faster(method: str, path: str, body: Any) -> tuple[int, Any]:
        return (409, {}) if method == "POST" else answer(method, path, body)

    monkeypatch.setattr(api, "answer", another_was_faster)
    with pytest.raises(ConflictError):
        issue(store, "v", "hamlet.internal")
    assert api.secrets == {}


def test_who_may_not_is_told_so(store: SecretStore, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("somebody else's")
    with pytest.raises(ApiError, match="403"):
        issue(store, "v", "hamlet.internal")
