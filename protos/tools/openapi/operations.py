"""One RPC as an operation."""

from protos.tools.openapi.answers import answers
from protos.tools.openapi.comments import first_sentence
from protos.tools.openapi.examples import request_example
from protos.tools.openapi.links import links
from protos.tools.openapi.parameters import parameters, resource_of
from protos.tools.openapi.paths import bound_in_path
from protos.tools.openapi.records import Contracts, Json, Rpc, Service
from protos.tools.openapi.schemas import Schemas, required_by
from protos.tools.openapi.security import extensions, security, who

__all__ = ["operation"]


def operation(contracts: Contracts, schemas: Schemas, service: Service, rpc: Rpc) -> Json:
    """The operation of a public RPC.

    Raises:
        ContractError: the contract says something that has no form here.
    """
    found: Json = {
        "operationId": rpc.name,
        "tags": [service.name],
        "summary": first_sentence(rpc.comment).removesuffix("."),
        "description": _description(rpc),
        "security": security(rpc.policy),
    }
    if given := parameters(contracts, schemas, rpc):
        found["parameters"] = given
    if rpc.body:
        found["requestBody"] = _body(contracts, schemas, rpc)
    found["responses"] = answers(contracts, schemas, service, rpc, links(contracts, rpc))
    return found | extensions(rpc)


def _description(rpc: Rpc) -> str:
    lines = [rpc.comment, "", f"**Who may call:** {who(rpc.policy)}"]
    if rpc.policy.rate_limit is not None:
        calls, window = rpc.policy.rate_limit
        lines += ["", f"**Rate limit:** {calls} calls in {window:g} seconds for each caller."]
    if rpc.policy.edge_cache is not None:
        fresh, stale = rpc.policy.edge_cache
        age = fresh + stale
        lines += ["", f"**Cached** at the front door for callers without a token: at most {age:g} seconds old."]
    return "\n".join(lines)


def _body(contracts: Contracts, schemas: Schemas, rpc: Rpc) -> Json:
    request = contracts.messages[rpc.request]
    resource = resource_of(contracts, rpc)
    if resource is None:
        bound = frozenset(binding.path for binding in bound_in_path(contracts, rpc))
        schema = schemas.request(request.full_name, bound)
        example = request_example(contracts, request.full_name, place=request.name, without=bound)
    else:
        schema = schemas.request(resource.full_name)
        if needed := required_by(request.cel, rpc.body, resource.fields):
            schema = {"allOf": [schema, {"type": "object", **needed}]}
        example = request_example(contracts, resource.full_name, place=f"{request.name}.{rpc.body}")
    return {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}
