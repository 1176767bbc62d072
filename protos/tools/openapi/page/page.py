"""The whole page."""

import html
import re
from pathlib import Path

from protos.tools.openapi.page import catalogue
from protos.tools.openapi.page.operation import operation_section
from protos.tools.openapi.page.prose import inline, prose, tag
from protos.tools.openapi.records import Contracts, Json

__all__ = ["page"]

_STYLE = Path(__file__).with_name("style.css")


def page(contracts: Contracts, document: Json) -> str:
    """The documentation as HTML with one style element and nothing to load."""
    info = document["info"]
    style = re.sub(r"\s*\n\s*", "\n", _STYLE.read_text()).strip()
    head = "".join(
        [
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            tag("title", f"{html.escape(info['title'])} API"),
            tag("style", style),
        ]
    )
    body = tag("a", "To the content", href="#content", kind="skip") + _navigation(document) + _main(contracts, document)
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>{body}</body></html>\n'


def title_of(service: str) -> str:
    """`PostReadingService` as `Post reading`."""
    words = re.findall(r"[A-Z][a-z]*", service.removesuffix("Service"))
    return " ".join([words[0], *(word.lower() for word in words[1:])])


def _operations(document: Json, service: str) -> list[tuple[str, str, Json]]:
    return [
        (path, verb, operation)
        for path, verbs in document["paths"].items()
        for verb, operation in verbs.items()
        if operation["tags"] == [service]
    ]


def _navigation(document: Json) -> str:
    groups = [tag("p", tag("a", "Hamlet API", href="#content"), kind="brand")]
    for service in document["tags"]:
        links = [
            tag("a", tag("span", verb, kind=f"verb {verb}") + html.escape(_words(operation)), href=f"#{_id(operation)}")
            for _, verb, operation in _operations(document, service["name"])
        ]
        head = tag("summary", html.escape(title_of(service["name"])))
        groups.append(tag("details", head + "".join(links), open=""))
    groups.append(tag("p", tag("a", "Errors", href="#errors") + tag("a", "Types", href="#types"), kind="more"))
    return tag("nav", "".join(groups), **{"aria-label": "Operations"})


def _main(contracts: Contracts, document: Json) -> str:
    info = document["info"]
    intro = [
        tag("h1", f"{html.escape(info['title'])} API " + tag("small", html.escape(info["version"]))),
        tag("p", inline(info["summary"]), kind="lead"),
        prose(info["description"]),
        tag("p", f"{tag('a', 'openapi.json', href='/openapi.json')} is this page for machines (OpenAPI 3.1)."),
        prose(document["components"]["securitySchemes"]["accessToken"]["description"]),
    ]
    parts = [tag("header", "".join(intro))]
    for service in document["tags"]:
        title = tag("h2", html.escape(title_of(service["name"]))) + prose(service["description"])
        sections = [operation_section(document, *each) for each in _operations(document, service["name"])]
        parts.append(tag("section", title + "".join(sections), id=service["name"], kind="service"))
    said = prose("Every error has one shape, and a reason to branch on. These are all there are.")
    parts.append(tag("section", tag("h2", "Errors") + said + catalogue.errors(contracts), id="errors", kind="list"))
    parts.append(tag("section", tag("h2", "Types") + catalogue.types(document), id="types", kind="list"))
    return tag("main", "".join(parts), id="content")


def _id(operation: Json) -> str:
    return str(operation["operationId"])


def _words(operation: Json) -> str:
    """`CreatePost` as `Create post`."""
    first, *rest = re.findall(r"[A-Z][a-z]*", _id(operation))
    return " ".join([first, *(word.lower() for word in rest)])
