"""What schemathesis has to know of Hamlet: how to sign in, whom not to delete, and a check of our own.

Loaded by schemathesis (`hooks` in schemathesis.toml). `HAMLET_FUZZ_URL`, `_LOGIN`, `_PASSWORD` and `_HEARD` (a file
that gets a line for each answer) come from run.py.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis import AuthContext, Case, CheckContext, HookContext, Response

from services.cli.rest import call
from tests.fuzz.document import PATH

_URL, _LOGIN = os.environ["HAMLET_FUZZ_URL"], os.environ["HAMLET_FUZZ_LOGIN"]
_PASSWORD, _HEARD = os.environ["HAMLET_FUZZ_PASSWORD"], Path(os.environ["HAMLET_FUZZ_HEARD"])
_SPARED = {"DeleteAccount", "SuspendAccount", "SetRole", "ChangePassword"}
_INVALID = {"INVALID_REQUEST", "MALFORMED_REQUEST"}
_RULES = re.findall(r'"x-hamlet-rules": (\[.*?\])', PATH.read_text(), re.DOTALL)
# Neither breaks a rule of one field in the schema: a header and a field that say different things, and a character that
# the document's introduction excludes from all text.
_SAID = {"HEADER_CONFLICT", "CONTROL_CHARACTER", *(rule["id"] for rules in _RULES for rule in json.loads(rules))}


@schemathesis.auth(refresh_interval=60)
class Administrator:
    """Who may do everything, so that the fuzzer gets past the doors."""

    id = ""

    def get(self, case: Case[Any], context: AuthContext) -> str:
        session = call(_URL, "/v1/sessions", {"login": _LOGIN, "password": _PASSWORD}).body
        Administrator.id = session["account"]["id"]
        return str(session["accessToken"])

    def set(self, case: Case[Any], data: str, context: AuthContext) -> None:
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def filter_path_parameters(context: HookContext, path_parameters: dict[str, Any] | None) -> bool:
    """A slash within a variable is answered with 307 before there is an operation (docs/rest.md)."""
    return not any(sign in str(value) for value in (path_parameters or {}).values() for sign in ("/", "\\", "%"))


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """The administrator does not saw off the branch: what would end or demote them is sent about somebody unknown."""
    if _name(case) in _SPARED and case.path_parameters.get("accountId") in {"me", Administrator.id}:
        case.path_parameters["accountId"] = "019ab3d0-1e00-7000-8000-00000000dead"


@schemathesis.hook
def after_call(context: HookContext, case: Case[Any], response: Response) -> None:
    with _HEARD.open("a") as heard:
        heard.write(f"{_name(case)} {response.status_code}\n")
    if response.status_code >= 500:
        with _HEARD.with_name("failures").open("a") as failures:
            failures.write(f"{_name(case)} {case.as_curl_command()}\n{response.text}\n")


@schemathesis.check
def valid_data_is_not_called_invalid(ctx: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """What fits the schema is never answered with INVALID_REQUEST or MALFORMED_REQUEST, but for rules that JSON Schema
    cannot say and the document names in words (`x-hamlet-rules`)."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code != 400:
        return None
    reason, rules = _refusal(response)
    if reason not in _INVALID or not _headers_fit(case):
        return None
    assert rules, f"{reason} for data that fits the schema: {response.text[:500]}"
    assert set(rules) <= _SAID, f"{reason} by rules that the document does not name: {response.text[:500]}"
    return None


def _headers_fit(case: Case[Any]) -> bool:
    """schemathesis has ideas of its own about If-Match and sends what breaks the pattern as valid."""
    given = case.operation.definition.raw.get("parameters", [])
    patterns = {each["name"]: each["schema"].get("pattern", "") for each in given if each["in"] == "header"}
    return all(re.search(pattern, case.headers.get(name, "*")) for name, pattern in patterns.items() if pattern)


def _refusal(response: Response) -> tuple[str, list[str]]:
    details = response.json().get("details", [])
    violated = [each.get("reason", "") for detail in details for each in detail.get("fieldViolations", [])]
    return (details[0].get("reason", "") if details else ""), violated


def _name(case: Case[Any]) -> str:
    return str(case.operation.definition.raw.get("operationId", case.operation.label))
