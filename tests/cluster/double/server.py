"""The double's HTTP: one thread a connection, one handler for every kind."""

import json
import sys
import traceback
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.cluster.double import discovery, resources
from tests.cluster.double.access import Access
from tests.cluster.double.protobuf import decoded
from tests.cluster.double.requests import Target, parsed
from tests.cluster.double.status import Refused, malformed, missing
from tests.cluster.double.store import Store, by_name
from tests.cluster.double.watching import watched

__all__ = ["ApiServer"]

_PROTOBUF = "application/vnd.kubernetes.protobuf"
_NAMESPACES = by_name("Namespace")
_OPENAPI = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"


class ApiServer(ThreadingHTTPServer):
    """On a free port of the loopback."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, store: Store, access: Access) -> None:
        self.store, self.access = store, access
        self.faults: list[str] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is none; anything else is the double's own fault, and its test's."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            self.faults.append(traceback.format_exc())


class _Handler(BaseHTTPRequestHandler):
    server: ApiServer
    protocol_version = "HTTP/1.1"
    # Head and body in one packet, or each small answer waits for the other side's delayed ACK.
    wbufsize = -1

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = self.path.partition("?")[0]
        try:
            if self.command == "GET" and path == "/openapi/v2":
                self._send(HTTPStatus.OK, b"", _OPENAPI)
            elif self.command == "GET" and (known := discovery.answer(path)) is not None:
                self._send_json(HTTPStatus.OK, known)
            else:
                self._of_a_kind(parsed(self.path), body)
        except Refused as refusal:
            self._send_json(refusal.code, refusal.status())

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815 - what http.server calls

    def _of_a_kind(self, target: Target, body: bytes) -> None:
        token = self.headers.get("authorization", "").removeprefix("Bearer ")
        verb = target.verb(self.command)
        self.server.access.check(token, verb, target.kind, target.namespace, target.name)
        if target.part == "log":
            pod = self.server.store.get(target.kind, target.namespace, target.name)
            self._send(HTTPStatus.OK, pod.get("status", {}).get("message", "").encode(), "text/plain")
        elif verb == "watch":
            self._stream(watched(self.server.store, target))
        else:
            code = HTTPStatus.CREATED if verb == "create" else HTTPStatus.OK
            self._send_json(code, self._done(verb, target, body))

    def _done(self, verb: str, target: Target, body: bytes) -> dict[str, Any]:
        store, kind, at = self.server.store, target.kind, (target.namespace, target.name)
        match verb:
            case "get":
                return store.get(kind, *at)
            case "list":
                with store.changed:
                    items = [each for each in store.every(kind, target.namespace) if target.selects(each)]
                    metadata = {"resourceVersion": str(store.version)}
                return {
                    "kind": f"{kind.name}List",
                    "apiVersion": kind.api_version,
                    "metadata": metadata,
                    "items": items,
                }
            case "create":
                self._namespace_is_there(target)
                return resources.create(store, kind, target.namespace, self._document(body), self._manager(target))
            case "update":
                return resources.replace(store, kind, *at, self._document(body), self._manager(target))
            case "patch":
                if self.headers["content-type"] == "application/apply-patch+yaml":
                    self._namespace_is_there(target)
                force = target.query.get("force") == "true"
                manager, form = self._manager(target), self.headers["content-type"]
                return resources.patch(store, kind, *at, body, form, manager, force=force)
            case _:
                self._delete(target, self._document(body) if body else {})
                return {"kind": "Status", "apiVersion": "v1", "status": "Success", "details": {"name": target.name}}

    def _delete(self, target: Target, options: dict[str, Any]) -> None:
        policy = target.query.get("propagationPolicy") or options.get("propagationPolicy") or "Background"
        if policy == "Orphan":
            raise malformed("the double does not orphan")
        self.server.store.delete(target.kind, target.namespace, target.name)

    def _namespace_is_there(self, target: Target) -> None:
        namespaces = {each["metadata"]["name"] for each in self.server.store.every(_NAMESPACES)}
        if target.kind.namespaced and target.namespace not in namespaces:
            raise missing("namespaces", target.namespace)

    def _document(self, body: bytes) -> dict[str, Any]:
        if self.headers.get("content-type", "").startswith(_PROTOBUF):
            return decoded(body)
        try:
            found = json.loads(body)
        except ValueError:
            raise malformed("not JSON") from None
        if not isinstance(found, dict):
            raise malformed("not an object")
        return found

    def _manager(self, target: Target) -> str:
        """Who writes: what the caller calls itself, or the first word of its program's name."""
        return target.query.get("fieldManager") or self.headers.get("user-agent", "unknown").partition("/")[0]

    def _stream(self, lines: Iterator[bytes]) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("content-type", "application/json")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        try:
            for line in lines:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _send_json(self, code: HTTPStatus, document: dict[str, Any]) -> None:
        self._send(code, json.dumps(document).encode(), "application/json")

    def _send(self, code: HTTPStatus, body: bytes, content_type: str) -> None:
        self.send_response(code)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Nothing: the test's output is its own."""
