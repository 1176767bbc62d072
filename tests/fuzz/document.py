"""The OpenAPI document as a client reads it: operations by their id, references followed, answers held against it."""

import json
from pathlib import Path
from typing import Any

import hamlet
from jsonschema_rs import Draft202012Validator

__all__ = ["PATH", "Document", "Json"]

Json = dict[str, Any]
PATH = Path(next(iter(hamlet.__path__))) / "openapi.json"


class Document:
    """The document that is shipped."""

    def __init__(self) -> None:
        self.whole: Json = json.loads(PATH.read_text())
        self.operations: dict[str, tuple[str, str, Json]] = {
            operation["operationId"]: (path, verb.upper(), operation)
            for path, verbs in self.whole["paths"].items()
            for verb, operation in verbs.items()
        }

    def problems(self, name: str, status: int, content_type: str, body: object) -> list[str]:
        """What is wrong with an answer; nothing where it is as documented."""
        answers = self.operations[name][2]["responses"]
        if str(status) not in answers:
            return [f"{status} is not documented"]
        content = self._resolved(answers[str(status)])["content"]
        kind = content_type.split(";")[0]
        if kind not in content:
            return [f"{kind} is not documented"]
        schema = content[kind]["schema"]
        return self._broken(schema.get("contentSchema", schema), body)

    def _broken(self, schema: Json, body: object) -> list[str]:
        whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": self.whole["components"]}
        return [error.message for error in Draft202012Validator({**whole, **schema}).iter_errors(body)]

    def _resolved(self, node: Json) -> Json:
        if "$ref" not in node:
            return node
        found: Json = self.whole
        for key in node["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        return found
