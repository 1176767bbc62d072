"""A page for every reason of the catalogue, and their index, in Markdown."""

import json
from collections.abc import Iterator

from protos.tools.openapi.comments import first_sentence
from protos.tools.openapi.errors import HTTP, PATHS_ALONE, reasons_of, statuses_of
from protos.tools.openapi.paths import openapi_path
from protos.tools.openapi.records import Contracts, Reason, Rpc
from protos.tools.openapi.status import CODES, example_of

__all__ = ["RETRY", "error_pages", "http_statuses"]

RETRY = {
    "NO": "No. The same request gets the same answer until something else was changed.",
    "LATER": "Yes, later: nothing was done. Wait as long as `RetryInfo` and `Retry-After` say, else in growing pauses.",
    "IF_IDEMPOTENT": "Only where the operation is idempotent or with the same request id: it may have been done.",
}
_MADE = "<!-- Made of protos/hamlet/error/v1/error_reason.proto by `make protos`. -->\n"


def error_pages(contracts: Contracts) -> Iterator[tuple[str, str]]:
    """File name and content of each page."""
    yield "README.md", _index(contracts)
    for reason in contracts.reasons.values():
        yield f"{reason.name}.md", _page(contracts, reason)


def http_statuses(contracts: Contracts, reason: Reason) -> list[int]:
    """With which HTTP statuses the reason comes, the usual one first."""
    if reason.name in PATHS_ALONE:
        return list(reason.edge_statuses)
    usual = HTTP[reason.code]
    return [usual, *sorted(set(reason.edge_statuses) - {usual})]


def _index(contracts: Contracts) -> str:
    rows = [
        f"| [{reason.name}]({reason.name}.md) | {_joined(http_statuses(contracts, reason))} | {reason.code} "
        f"| {reason.message} | {reason.retry.lower().replace('_', ' ')} |"
        for reason in contracts.reasons.values()
    ]
    return "\n".join(
        [
            _MADE,
            "# Errors",
            "",
            "Every error of every service is a `google.rpc.Status` whose first detail is an `ErrorInfo`. Branch on its",
            "`reason`, which is one of these; never on the message.",
            "",
            "| reason | HTTP | gRPC | message | again? |",
            "|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _page(contracts: Contracts, reason: Reason) -> str:
    statuses = http_statuses(contracts, reason)
    return "\n".join(
        [
            _MADE,
            f"# {reason.name}",
            "",
            f"> {reason.message}",
            "",
            reason.comment,
            "",
            "| | |",
            "|---|---|",
            f"| REST | {_joined(statuses)} |",
            f"| gRPC | {reason.code} ({CODES[reason.code]}) |",
            f"| Send it again? | {RETRY[reason.retry]} |",
            "",
            "## What to do",
            reason.remedy,
            "",
            "## The answer",
            "```json",
            json.dumps(example_of(reason), indent=2),
            "```",
            "",
            "## Where it comes from",
            *_sources(contracts, reason),
            "",
        ]
    )


def _sources(contracts: Contracts, reason: Reason) -> list[str]:
    if reason.name in PATHS_ALONE:
        return ["The front door, where no operation answers."]
    everywhere = [(service, rpc) for service in contracts.services for rpc in service.rpcs]
    named = [rpc for service, rpc in everywhere if _answers(contracts, reason, rpc)]
    if not named:
        return ["No method names it: it comes from the runtime that every service stands on."]
    if len(named) == len(everywhere):
        return ["Every method."]
    rest = [rpc for rpc in named if rpc.public]
    inner = [rpc for rpc in named if not rpc.public]
    lines = [f"- `{rpc.verb.upper()} {openapi_path(rpc.path)}`: {first_sentence(rpc.comment)}" for rpc in rest]
    return lines + [f"- `{rpc.full_name}`, inside the village: {first_sentence(rpc.comment)}" for rpc in inner]


def _answers(contracts: Contracts, reason: Reason, rpc: Rpc) -> bool:
    service = next(each for each in contracts.services if each.full_name == rpc.service)
    if reason in reasons_of(contracts, service, rpc):
        return True
    return rpc.public and any(reason in found for found in statuses_of(contracts, service, rpc).values())


def _joined(statuses: list[int]) -> str:
    return ", ".join(map(str, statuses))
