"""Secrets of one namespace, through the API server, with the token that Kubernetes mounts."""

import base64
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

__all__ = ["ApiError", "ConflictError", "SecretStore", "StoredSecret"]

_TIMEOUT = 10.0


class ApiError(RuntimeError):
    """The API server refused. The text is its own reason, which holds no Secret's content."""


class ConflictError(ApiError):
    """Somebody else wrote it meanwhile."""


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """The files of a Secret, and which version of it was read."""

    files: Mapping[str, bytes]
    version: str


@dataclass(frozen=True, slots=True)
class SecretStore:
    """
    Args:
        api: the API server's URL.
        account: the folder with `token` and `ca.crt`; without the latter the system's authorities are believed.
        owner: a ServiceAccount with which the Secrets are removed; empty for none.
    """

    api: str
    namespace: str
    account: Path
    owner: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str) -> StoredSecret | None:
        """
        Raises:
            ApiError: it may not be read.
        """
        answer = self._ask("GET", f"secrets/{name}")
        if answer is None:
            return None
        files = {key: base64.b64decode(value) for key, value in answer.get("data", {}).items()}
        return StoredSecret(files, answer["metadata"]["resourceVersion"])

    def put(self, name: str, files: Mapping[str, bytes], kind: str, version: str = "") -> None:
        """Makes a Secret, or replaces the version that was read.

        Args:
            kind: `Opaque` or `kubernetes.io/tls`.

        Raises:
            ConflictError: there is one already, or another version of it.
        """
        metadata: dict[str, Any] = {"name": name, "namespace": self.namespace, "labels": dict(self.labels)}
        if version:
            metadata["resourceVersion"] = version
        if self.owner:
            metadata["ownerReferences"] = [self._owner()]
        data = {key: base64.b64encode(value).decode() for key, value in files.items()}
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": kind, "data": data}
        self._ask(*(("PUT", f"secrets/{name}") if version else ("POST", "secrets")), body)

    def _owner(self) -> dict[str, str]:
        account = self._ask("GET", f"serviceaccounts/{self.owner}")
        if account is None:
            raise ApiError(f"there is no ServiceAccount {self.owner}")
        return {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "name": self.owner,
            "uid": str(account["metadata"]["uid"]),
        }

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any] | None:
        """The answer, None where there is nothing of that name."""
        request = urllib.request.Request(  # noqa: S310 - the cluster's own API server
            f"{self.api}/api/v1/namespaces/{self.namespace}/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "authorization": f"Bearer {(self.account / 'token').read_text().strip()}",
                "content-type": "application/json",
            },
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT, context=self._trust()) as answer:  # noqa: S310 - as above
                found: dict[str, Any] = json.loads(answer.read())
                return found
        except urllib.error.HTTPError as error:
            if error.code == HTTPStatus.NOT_FOUND and method == "GET":
                return None
            kind = ConflictError if error.code == HTTPStatus.CONFLICT else ApiError
            raise kind(f"{method} {path}: {error.code} {error.reason}") from None

    def _trust(self) -> ssl.SSLContext | None:
        authority = self.account / "ca.crt"
        return ssl.create_default_context(cafile=str(authority)) if authority.exists() else None
