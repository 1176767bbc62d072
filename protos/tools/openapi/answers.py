"""The answers of an operation: the good one, 304, and each error with its reasons."""

import json
from collections import Counter

from protos.tools.openapi import headers
from protos.tools.openapi.comments import definition
from protos.tools.openapi.errors import HTTP, statuses_of
from protos.tools.openapi.examples import answer_example
from protos.tools.openapi.records import Contracts, Json, Reason, Rpc, Service
from protos.tools.openapi.schemas import Schemas

__all__ = ["EDGE_ALONE", "answers", "share"]

EDGE_ALONE = "Answered by the front door itself"


def answers(contracts: Contracts, schemas: Schemas, service: Service, rpc: Rpc, links: Json) -> Json:
    found: Json = {"200": _good(contracts, schemas, rpc, links)}
    if rpc.policy.edge_cache is not None:
        found["304"] = {
            "description": "What you have (If-None-Match) still holds. No body.",
            "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in ("ETag", "Cache-Control")},
        }
    for status, reasons in statuses_of(contracts, service, rpc).items():
        found[str(status)] = _error(status, reasons)
    return found


def share(paths: Json) -> Json:
    """Moves the commonest answer of each error status to the components, and returns those."""
    errors = [
        (status, operation["responses"])
        for path in paths.values()
        for operation in path.values()
        for status in operation["responses"]
        if int(status) >= 400
    ]
    counted = Counter((status, json.dumps(answers[status])) for status, answers in errors)
    shared = {}
    for (status, text), times in counted.most_common():
        if times > 1 and f"Error{status}" not in shared:
            shared[f"Error{status}"] = json.loads(text)
    for status, answers in errors:
        if answers[status] == shared.get(f"Error{status}"):
            answers[status] = {"$ref": f"#/components/responses/Error{status}"}
    return dict(sorted(shared.items()))


def _good(contracts: Contracts, schemas: Schemas, rpc: Rpc, links: Json) -> Json:
    schema = schemas.answer(rpc.answer)
    example = answer_example(contracts, rpc.answer)
    answer: Json = {"description": _said(contracts, rpc), "headers": headers.of_answer(contracts, rpc)}
    if rpc.server_streaming:
        # OpenAPI 3.1 has no word for the type of one event (3.2 has itemSchema); JSON Schema says what a string holds.
        answer["description"] += (
            " A stream of server-sent events: one `data:` line of JSON each of the schema in `contentSchema`."
        )
        events = {"type": "string", "contentMediaType": "text/event-stream", "contentSchema": schema}
        answer["content"] = {"text/event-stream": {"schema": events, "example": _event(example)}}
    else:
        answer["content"] = {"application/json": {"schema": schema, "example": example}}
    return {**answer, "links": links} if links else answer


def _event(example: Json) -> str:
    return f"data: {json.dumps(example, separators=(',', ':'))}\n\n"


def _said(contracts: Contracts, rpc: Rpc) -> str:
    message = contracts.messages.get(rpc.answer)
    if message is None:
        return "Done. The answer is an empty object."
    return definition(message.name, message.comment)


def _error(status: int, reasons: list[Reason]) -> Json:
    names = [reason.name for reason in reasons]
    lines = [f"- [`{reason.name}`](/docs#error-{reason.name}): {reason.message}" for reason in reasons]
    if all(HTTP[reason.code] != status for reason in reasons):
        lines.insert(0, f"{EDGE_ALONE}:\n")
    # `contains` and not `prefixItems`: schemathesis turns the latter into an older draft's form and then refuses it.
    one = {"type": "object", "required": ["reason"], "properties": {"reason": {"type": "string", "enum": names}}}
    return {
        "description": "\n".join(lines),
        "headers": headers.of_error(status),
        "content": {
            "application/json": {
                "schema": {
                    "allOf": [
                        {"$ref": "#/components/schemas/Error"},
                        {"type": "object", "properties": {"details": {"type": "array", "contains": one}}},
                    ]
                },
                "examples": {name: {"$ref": f"#/components/examples/{name}"} for name in names},
            }
        },
    }
