"""Who may call, in words and as OpenAPI's security."""

from protos.tools.openapi.records import Json, Policy, Rpc

__all__ = ["SCHEMES", "extensions", "security", "who"]

SCHEMES: Json = {
    "accessToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The `accessToken` of a session (`POST /v1/sessions`): an EdDSA JWT valid for a few minutes. "
        "`POST /v1/sessions:refresh` gets the next one.",
    }
}
_TOKEN: Json = {"accessToken": []}
_ROLES = {"READER": "a reader", "AUTHOR": "an author", "MODERATOR": "a moderator", "ADMIN": "an administrator"}


def security(policy: Policy) -> list[Json]:
    """An empty requirement beside the token means that the token may be left out."""
    return [_TOKEN] if policy.needs_person else [{}, _TOKEN]


def who(policy: Policy) -> str:
    """Who may call, as a sentence."""
    match policy.access:
        case "PUBLIC":
            return "Anybody; with a token also as oneself."
        case "SIGNED_IN":
            return "Anybody who is signed in."
        case "ROLE":
            return f"Whoever is at least {_ROLES[policy.role]}."
        case "OWNER" if policy.owner_override:
            return f"The owner, and whoever is at least {_ROLES[policy.owner_override]}."
        case _:
            return "The owner alone."


def extensions(rpc: Rpc) -> Json:
    """The policy for machines; the words are in the description."""
    policy = rpc.policy
    found: Json = {
        "x-hamlet-rpc": rpc.full_name,
        "x-hamlet-access": policy.access,
        "x-hamlet-idempotent": rpc.idempotent,
    }
    if policy.role:
        found["x-hamlet-role"] = policy.role
    if policy.owner_override:
        found["x-hamlet-owner-override"] = policy.owner_override
    if policy.deadline is not None:
        found["x-hamlet-deadline-seconds"] = policy.deadline
    if policy.rate_limit is not None:
        found["x-hamlet-rate-limit"] = {"calls": policy.rate_limit[0], "windowSeconds": policy.rate_limit[1]}
    if policy.edge_cache is not None:
        fresh, stale = policy.edge_cache
        found["x-hamlet-cache"] = {"freshSeconds": fresh, "staleWhileRevalidateSeconds": stale}
    return found
