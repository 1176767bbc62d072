"""One operation: what it does, who may call it, what goes in, what comes out, and a command to try it with."""

import html
import json
import re

from protos.tools.openapi.page.curl import curl
from protos.tools.openapi.page.prose import inline, prose, tag
from protos.tools.openapi.page.types import fields, resolve, type_of
from protos.tools.openapi.records import Json

__all__ = ["operation_section"]

_PLACES = (("path", "Path"), ("query", "Query"), ("header", "Headers"))


def operation_section(document: Json, path: str, verb: str, operation: Json) -> str:
    """The section of an operation, with its id as its anchor."""
    name = operation["operationId"]
    words, said = operation["description"].split("\n\n**", 1)
    text = [
        tag("h3", inline(operation["summary"]) + tag("a", "#", href=f"#{name}", kind="anchor", title="Link to this")),
        tag("p", tag("span", verb, kind=f"verb {verb}") + tag("code", _breakable(path), kind="path"), kind="address"),
        prose(_without_summary(words, operation["summary"])),
        tag("div", prose("**" + said), kind="said"),
        *(_parameters(operation, place, title) for place, title in _PLACES),
        _body(document, operation),
        _answers(document, operation),
    ]
    code = _code("Try it", curl(path, verb, operation)) + _code("Answer", _answer(operation))
    article = tag("div", "".join(text), kind="text") + tag("div", code, kind="code")
    return tag("article", article, id=name)


def _without_summary(words: str, summary: str) -> str:
    return words.removeprefix(summary).removeprefix(".").strip()


def _parameters(operation: Json, place: str, title: str) -> str:
    found = [each for each in operation.get("parameters", []) if each["in"] == place]
    if not found:
        return ""
    as_object = {
        "properties": {each["name"]: {**each["schema"], "description": each["description"]} for each in found},
        "required": [each["name"] for each in found if each.get("required")],
    }
    return tag("h4", title) + fields(as_object)


def _body(document: Json, operation: Json) -> str:
    if "requestBody" not in operation:
        return ""
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    needed = schema["allOf"][1]["required"] if "allOf" in schema else []
    whole = resolve(document, schema.get("allOf", [schema])[0])
    merged = {**whole, "required": [*whole.get("required", []), *needed]}
    listed = fields(merged) or tag("p", inline("An empty object: `{}`."))
    return tag("h4", "Body") + listed


def _answers(document: Json, operation: Json) -> str:
    good = operation["responses"]["200"]
    kind, content = next(iter(good["content"].items()))
    schema = content["schema"].get("contentSchema", content["schema"])
    what = "events, each " if kind == "text/event-stream" else ""
    rows = [tag("dt", tag("b", "200") + tag("span", what + type_of(schema), kind="type"))]
    rows.append(tag("dd", prose(good["description"]) + _headers(good)))
    for status, answer in operation["responses"].items():
        if status == "304":
            rows.append(tag("dt", tag("b", status)) + tag("dd", prose(answer["description"])))
    return tag("h4", "Answers") + tag("dl", "".join(rows), kind="fields") + _errors(document, operation)


def _headers(answer: Json) -> str:
    names = ", ".join(tag("code", html.escape(name)) for name in answer["headers"])
    return tag("p", f"Headers: {names}", kind="bounds")


def _errors(document: Json, operation: Json) -> str:
    rows = []
    for status, reference in operation["responses"].items():
        if int(status) >= 400:
            examples = resolve(document, reference)["content"]["application/json"]["examples"]
            links = " ".join(tag("a", html.escape(name), href=f"#error-{name}", kind="reason") for name in examples)
            rows.append(tag("dt", tag("b", status)) + tag("dd", links))
    return tag("details", tag("summary", "Errors") + tag("dl", "".join(rows), kind="errors"), open="")


def _answer(operation: Json) -> str:
    kind, content = next(iter(operation["responses"]["200"]["content"].items()))
    if kind == "text/event-stream":
        return str(content["example"]).strip()
    return json.dumps(content["example"], indent=2, ensure_ascii=False)


def _code(title: str, text: str) -> str:
    written = tag("pre", tag("code", html.escape(text, quote=False)), tabindex="0")
    return tag("figure", tag("figcaption", title) + written)


def _breakable(path: str) -> str:
    """A long path breaks after its slashes and colons, and nowhere else."""
    return re.sub(r"([/:])", r"\1<wbr>", html.escape(path))
