"""An operation as a curl command that can be pasted into a shell."""

import json
import shlex
from typing import Any
from urllib.parse import quote

from protos.tools.openapi.records import Json

__all__ = ["curl"]


def curl(path: str, verb: str, operation: Json) -> str:
    """The command; `$token` and `$url` are the reader's."""
    query = []
    for parameter in operation.get("parameters", []):
        example = parameter.get("example")
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", quote(str(example)))
        elif parameter["in"] == "query" and example is not None and (parameter.get("required") or verb != "get"):
            query.append(f"{parameter['name']}={quote(str(example), safe=',')}")
    address = path + ("?" + "&".join(query) if query else "")
    streams = "text/event-stream" in operation["responses"]["200"]["content"]
    parts = [f'curl {"-N " if streams else ""}"$url{address}"']
    if verb not in {"get", "post"}:
        parts.append(f"-X {verb.upper()}")
    if {} not in operation["security"]:
        parts.append('-H "authorization: Bearer $token"')
    if body := operation.get("requestBody"):
        parts += ["-H 'content-type: application/json'", f"-d {shlex.quote(_pretty(_example(body)))}"]
    return " \\\n  ".join(parts)


def _example(body: Json) -> Any:
    return body["content"]["application/json"]["example"]


def _pretty(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < 60 else json.dumps(value, ensure_ascii=False, indent=2)
