"""The pages about the contracts, `/openapi.json` and `/docs`, which Envoy serves by itself."""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from mesh.edge.filters import jwt, transcoder
from mesh.edge.typed import Config

__all__ = ["LARGEST_BYTES", "Document", "contract_documents", "document_route"]

LARGEST_BYTES = 4 * 1024 * 1024
"""Envoy's own bound for an answer out of a file is 4 KiB."""

_CLOSED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@dataclass(frozen=True, slots=True)
class Document:
    """A page at a path of its own."""

    path: str
    content_type: str
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.content).hexdigest()[:32]}"'

    @property
    def file_name(self) -> str:
        return f"document{self.path.replace('/', '-')}"


def contract_documents() -> tuple[Document, ...]:
    """What the wheel of the stubs brings along.

    Raises:
        FileNotFoundError: it does not.
    """
    folder = resources.files("hamlet")
    page = folder.joinpath("docs.html").read_bytes()
    return (
        Document("/openapi.json", "application/json", folder.joinpath("openapi.json").read_bytes()),
        Document("/docs", "text/html; charset=utf-8", page, {"content-security-policy": content_policy(page)}),
    )


def content_policy(page: bytes) -> str:
    """What a browser may do with the page: use its own style sheets, known by their hashes, and nothing else."""
    styles = re.findall(rb"<style>(.*?)</style>", page, re.DOTALL)
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(style).digest()).decode()}'" for style in styles]
    return f"{_CLOSED}; style-src {' '.join(hashes)}" if hashes else _CLOSED


def document_route(document: Document, folder: Path) -> Config:
    """The route of a page whose content is in `folder`. Any page may read it: it is the same for everybody."""
    headers = {
        "content-type": document.content_type,
        "etag": document.etag,
        "cache-control": "public, max-age=60",
        "x-content-type-options": "nosniff",
        "access-control-allow-origin": "*",
        **document.headers,
    }
    name = document.path.removeprefix("/")
    return {
        "name": name,
        "match": {"path": document.path, "headers": [{"name": ":method", "string_match": {"exact": "GET"}}]},
        "direct_response": {"status": 200, "body": {"filename": str(folder / document.file_name)}},
        "decorator": {"operation": name, "propagate": False},
        "response_headers_to_add": [
            {"header": {"key": key, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
            for key, value in headers.items()
        ],
        "typed_per_filter_config": {jwt.NAME: jwt.off(), transcoder.NAME: transcoder.off()},
    }
