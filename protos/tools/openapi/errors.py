"""Which errors an operation answers with, by HTTP status.

Three sources: what the RPC's comment names, what its service's comment says of all, and what the edge answers by
itself. Of the second only what the RPC's policy makes possible counts.
"""

from protos.tools.openapi.records import ContractError, Contracts, Reason, Rpc, Service

__all__ = ["HTTP", "PATHS_ALONE", "reasons_of", "statuses_of"]

HTTP = {
    "CANCELLED": 499,
    "UNKNOWN": 500,
    "INVALID_ARGUMENT": 400,
    "DEADLINE_EXCEEDED": 504,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "PERMISSION_DENIED": 403,
    "RESOURCE_EXHAUSTED": 429,
    "FAILED_PRECONDITION": 400,
    "ABORTED": 409,
    "OUT_OF_RANGE": 400,
    "UNIMPLEMENTED": 501,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "DATA_LOSS": 500,
    "UNAUTHENTICATED": 401,
}
"""The HTTP status of each gRPC code, as Envoy's transcoder maps them (google/rpc/code.proto)."""

PATHS_ALONE = frozenset({"PATH_NOT_FOUND", "METHOD_NOT_ALLOWED"})
"""What the edge says where no operation answers, so that no operation names it."""


def reasons_of(contracts: Contracts, service: Service, rpc: Rpc) -> list[Reason]:
    """What a service answers an RPC with, in the order of the catalogue, the RPC's own first.

    Raises:
        ContractError: a comment names a reason that the catalogue has not.
    """
    general = {name for name in service.errors if _possible(name, rpc)}
    general |= {name for name in service.change_errors if rpc.changes}
    general |= {name for name in service.person_errors if rpc.policy.needs_person and _possible(name, rpc)}
    for name in (*rpc.errors, *service.errors, *service.change_errors, *service.person_errors):
        if name not in contracts.reasons:
            raise ContractError(f"{rpc.full_name}: names the error {name}, which is not in ErrorReason")
    own = [reason for reason in contracts.reasons.values() if reason.name in rpc.errors]
    return own + [r for r in contracts.reasons.values() if r.name in general and r not in own]


def statuses_of(contracts: Contracts, service: Service, rpc: Rpc) -> dict[int, list[Reason]]:
    """The errors of an operation over REST by HTTP status, the edge's own among them."""
    found: dict[int, list[Reason]] = {}
    for reason in reasons_of(contracts, service, rpc):
        if reason.name != "WORKLOAD_NOT_ALLOWED":  # the edge is admitted, or there would be no operation
            found.setdefault(HTTP[reason.code], []).append(reason)
    for reason in contracts.reasons.values():
        for status in reason.edge_statuses:
            if _from_edge(reason.name, status, rpc) and reason not in found.setdefault(status, []):
                found[status].append(reason)
    return {status: reasons for status, reasons in sorted(found.items()) if reasons}


def _possible(name: str, rpc: Rpc) -> bool:
    match name:
        case "RATE_LIMITED":
            return rpc.policy.rate_limit is not None
        case "ROLE_REQUIRED":
            return rpc.policy.access == "ROLE"
        case "UNAUTHENTICATED":
            return rpc.policy.needs_person
    return True


def _from_edge(name: str, status: int, rpc: Rpc) -> bool:
    match name, status:
        case "UNAUTHENTICATED", _:
            return rpc.policy.needs_person
        case ("CONTENT_TYPE_NOT_JSON", _) | ("MESSAGE_TOO_LARGE", 413) | (_, 408):
            return bool(rpc.body)
        case "ETAG_MISMATCH", _:
            return name in rpc.errors
    return name not in PATHS_ALONE
