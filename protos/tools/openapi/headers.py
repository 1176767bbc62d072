"""The headers of answers: which there are is derived from the answer and the policy."""

from protos.tools.openapi.records import Contracts, Json, Rpc

__all__ = ["COMPONENTS", "of_answer", "of_error"]


def _header(description: str, schema: Json, example: object) -> Json:
    return {"description": description, "schema": schema, "example": example}


_TEXT: Json = {"type": "string"}

COMPONENTS: Json = {
    "X-Request-Id": _header("Names this call in the operator's logs and traces.", _TEXT, "7d0c4b0e"),
    "ETag": _header("Changes with every change.", _TEXT, '"0f8a3c5e"'),
    "Cache-Control": _header("How long an answer may be kept, and by whom.", _TEXT, "private, no-store"),
    "X-Cache": _header("Whether the cache of the front door answered: HIT, MISS, ...", _TEXT, "HIT"),
    "Link": _header("The next page (RFC 8288); absent on the last.", _TEXT, '</v1/posts?pageToken=...>; rel="next"'),
    "RateLimit": _header("What is left of the limit, and until when.", _TEXT, '"CreateComment";r=59;t=60'),
    "RateLimit-Policy": _header("The limit: calls in a window of seconds.", _TEXT, '"CreateComment";q=60;w=60'),
    "WWW-Authenticate": _header("That a bearer token is wanted (RFC 6750).", _TEXT, 'Bearer realm="hamlet"'),
    "Retry-After": _header("Seconds after which to try again.", {"type": "string", "pattern": "^[0-9]+$"}, "1"),
}


def of_answer(contracts: Contracts, rpc: Rpc) -> Json:
    """The headers of a good answer."""
    names = ["X-Request-Id", "Cache-Control"]
    answer = contracts.messages.get(rpc.answer)
    if not rpc.server_streaming:
        if rpc.policy.edge_cache is not None or (answer is not None and answer.get("etag") is not None):
            names.append("ETag")
        if answer is not None and answer.get("next_page_token") is not None:
            names.append("Link")
    if rpc.policy.edge_cache is not None:
        names.append("X-Cache")
    if rpc.policy.rate_limit is not None:
        names += ["RateLimit", "RateLimit-Policy"]
    return _references(names)


def of_error(status: int) -> Json:
    """The headers of an error."""
    more = {401: ["WWW-Authenticate"], 429: ["Retry-After"], 503: ["Retry-After"]}
    return _references(["X-Request-Id", "Cache-Control", *more.get(status, [])])


def _references(names: list[str]) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
