"""Who may call what, for every RPC of every contract, computed here a second time from other words."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import pytest

from mesh.call import Call, Caller, Principal
from mesh.errors import HamletError
from mesh.interceptors.authorization import AuthorizationInterceptor
from mesh.policy import Access, Method, Role
from tests.e2e.contract_walk import all_methods

PEOPLE = [None, Role.ROLE_READER, Role.ROLE_AUTHOR, Role.ROLE_MODERATOR, Role.ROLE_ADMIN]
WORKLOADS = ["", "edge", "account", "blog", "comment", "spam", "operator", "stranger"]
METHODS = list(all_methods())


@dataclass
class Outcome:
    reason: str = ""
    reached: bool = False


async def decide(method: Method, role: Role.ValueType | None, workload: str, *, asks: bool = True) -> Outcome:
    principal = None if role is None else Principal("caller", role)
    context: Any = None
    call = Call(method, context, {}, caller=Caller(workload=workload, principal=principal))
    outcome = Outcome()

    async def handler(call: Call) -> None:
        outcome.reached = True
        if asks and method.access == Access.ACCESS_OWNER:
            call.require_owner("caller")

    try:
        await AuthorizationInterceptor().intercept(call, handler)
    except HamletError as error:
        outcome.reason = error.spec.reason
    return outcome


def expected(method: Method, role: Role.ValueType | None, workload: str) -> str:
    if not workload or not {"*", workload} & set(method.workloads):
        return "WORKLOAD_NOT_ALLOWED"
    if method.access in (Access.ACCESS_WORKLOAD, Access.ACCESS_PUBLIC):
        return ""
    if role is None:
        return "" if workload in method.autonomous_workloads else "UNAUTHENTICATED"
    if method.access == Access.ACCESS_ROLE and role < method.role:
        return "ROLE_REQUIRED"
    return ""


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.path)
async def test_every_rpc_admits_exactly_whom_its_contract_names(method: Method) -> None:
    for role in PEOPLE:
        for workload in WORKLOADS:
            outcome = await decide(method, role, workload)
            assert outcome.reason == expected(method, role, workload), (role, workload)
            assert outcome.reached == (not outcome.reason)


@pytest.mark.parametrize(
    "method", [each for each in METHODS if each.access == Access.ACCESS_OWNER], ids=lambda method: method.path
)
async def test_a_handler_that_never_asked_fails_closed(method: Method) -> None:
    assert (await decide(method, Role.ROLE_READER, "edge", asks=False)).reason == "INTERNAL"


def owner_call(role: Role.ValueType, override: Role.ValueType) -> Call:
    method = next(each for each in METHODS if each.access == Access.ACCESS_OWNER)
    context: Any = None
    caller = Caller(workload="edge", principal=Principal("caller", role))
    return Call(dataclasses.replace(method, owner_override=override), context, {}, caller=caller)


@pytest.mark.parametrize(
    ("role", "override", "owner", "admitted"),
    [
        (Role.ROLE_READER, Role.ROLE_MODERATOR, "caller", True),
        (Role.ROLE_READER, Role.ROLE_MODERATOR, "somebody", False),
        (Role.ROLE_MODERATOR, Role.ROLE_MODERATOR, "somebody", True),
        (Role.ROLE_MODERATOR, Role.ROLE_ADMIN, "somebody", False),
        (Role.ROLE_ADMIN, Role.ROLE_UNSPECIFIED, "somebody", False),
        (Role.ROLE_READER, Role.ROLE_MODERATOR, "", False),
    ],
)
def test_owners_and_whoever_need_not_own(
    role: Role.ValueType, override: Role.ValueType, owner: str, admitted: bool
) -> None:
    assert owner_call(role, override).owns(owner) == admitted
