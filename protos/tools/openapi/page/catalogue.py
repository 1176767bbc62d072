"""The types and the errors, each with its anchor."""

import html
import json

from protos.tools.openapi.error_pages import RETRY, http_statuses
from protos.tools.openapi.page.prose import inline, prose, tag
from protos.tools.openapi.page.types import fields
from protos.tools.openapi.records import Contracts, Json, Reason
from protos.tools.openapi.status import CODES, example_of

__all__ = ["errors", "types"]


def types(document: Json) -> str:
    """Every schema of the document."""
    return "".join(_type(name, schema) for name, schema in document["components"]["schemas"].items())


def errors(contracts: Contracts) -> str:
    """Every reason of the catalogue."""
    return "".join(_error(contracts, reason) for reason in contracts.reasons.values())


def _type(name: str, schema: Json) -> str:
    title = tag("h3", html.escape(name) + tag("a", "#", href=f"#type-{name}", kind="anchor", title="Link to this"))
    answered = not name.endswith(("Input", "Request"))
    listed = fields({**schema, "x-answer": answered})
    return tag("section", title + prose(schema.get("description", "")) + listed, id=f"type-{name}", kind="type-section")


def _error(contracts: Contracts, reason: Reason) -> str:
    link = tag("a", "#", href=f"#error-{reason.name}", kind="anchor", title="Link to this")
    statuses = ", ".join(map(str, http_statuses(contracts, reason)))
    facts = f"{statuses} · gRPC {reason.code} ({CODES[reason.code]})"
    text = [
        tag("h3", html.escape(reason.name) + link),
        tag("p", inline(facts), kind="facts"),
        tag("p", inline(reason.message), kind="message"),
        prose(reason.comment),
        prose(f"**What to do:** {reason.remedy}"),
        prose(f"**Send it again?** {RETRY[reason.retry]}"),
    ]
    example = html.escape(json.dumps(example_of(reason), indent=2), quote=False)
    code = tag("details", tag("summary", "The answer") + tag("pre", tag("code", example), tabindex="0"))
    return tag("section", "".join(text) + code, id=f"error-{reason.name}", kind="error-section")
