"""The whole document."""

import json
import tomllib
from pathlib import Path

from protos.tools.openapi import headers
from protos.tools.openapi.answers import share
from protos.tools.openapi.comments import definition
from protos.tools.openapi.operations import operation
from protos.tools.openapi.paths import openapi_path
from protos.tools.openapi.records import Contracts, Json
from protos.tools.openapi.schemas import Schemas
from protos.tools.openapi.security import SCHEMES
from protos.tools.openapi.status import error_examples, error_schemas

__all__ = ["document"]

_PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
_DESCRIPTION = """\
Posts, comments, accounts and a spam filter of your own, as JSON over HTTP. The same methods are there as gRPC and
gRPC-Web.

- **Names** are lowerCamelCase. Zero values are sent, unset objects are left out; 64-bit numbers, times and masks are
  strings, as in proto3's JSON. Unknown fields of a body are ignored; unknown query parameters are refused.
- **Text** holds no control characters but the ends of its lines.
- **Bodies** need `Content-Type: application/json`, an empty one (`{}`) included.
- **Errors** have one shape. Branch on `details[0].reason`, never on `message`; each reason has a page of its own.
- **Lists** come in pages: send `nextPageToken` back as `pageToken`, or follow the `Link` header.
- **Edits** are safe with `If-Match`, repetitions with `Idempotency-Key`.
- **Streams** are server-sent events and go on where they broke off with `Last-Event-ID`."""


def document(contracts: Contracts) -> Json:
    """The OpenAPI document of everything that is reachable over REST.

    Raises:
        ContractError: a contract says something that has no form here.
    """
    schemas = Schemas(contracts)
    paths: Json = {}
    for service, rpc in contracts.public:
        path = paths.setdefault(openapi_path(rpc.path), {})
        path[rpc.verb] = operation(contracts, schemas, service, rpc)
    used = {service.full_name: service for service, _ in contracts.public}
    reasons = contracts.reasons.values()
    shared = share(paths)
    return {
        "openapi": "3.1.0",
        "info": _info(),
        "servers": [{"url": "/", "description": "The front door that this document came from."}],
        "tags": [
            {"name": service.name, "description": definition(service.name, service.comment)}
            for service in used.values()
        ],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": {**dict(sorted(schemas.collected.items())), **error_schemas(reasons)},
            "responses": shared,
            "headers": headers.COMPONENTS,
            "examples": error_examples(reasons, json.dumps([paths, shared])),
            "securitySchemes": SCHEMES,
        },
    }


def _info() -> Json:
    project = tomllib.loads(_PYPROJECT.read_text())["project"]
    return {
        "title": "Hamlet",
        "version": project["version"],
        "summary": "A self-hosted blogging platform with a spam filter that you own.",
        "description": _DESCRIPTION,
        "license": {"name": project["license"], "identifier": project["license"]},
    }
