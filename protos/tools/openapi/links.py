"""What an answer leads to: from what was created to everything that takes its id, and from a page to the next."""

from protos.tools.openapi.paths import bound_in_path
from protos.tools.openapi.records import Contracts, Json, Rpc

__all__ = ["links"]


def links(contracts: Contracts, rpc: Rpc) -> Json:
    """The links of an operation's good answer.

    A resource is created by a POST to a collection whose answer has an id. It leads to every operation with a variable
    of its name in the path.
    """
    answer = contracts.messages.get(rpc.answer)
    if answer is None or rpc.server_streaming:
        return {}
    found: Json = {}
    if answer.get("next_page_token") is not None:
        found["nextPage"] = {
            "operationId": rpc.name,
            "description": "The next page, with the same filters.",
            "parameters": {"query.pageToken": "$response.body#/nextPageToken"},
        }
    if rpc.verb == "post" and not rpc.idempotent and ":" not in rpc.path:
        for field, pointer in (("id", "/id"), ("account", "/account/id")):
            if answer.get(field) is not None:
                found |= _by_id(contracts, answer.name if field == "id" else "Account", pointer)
        if answer.get("refresh_token") is not None:
            found |= _by_refresh_token(contracts)
    return found


def _by_id(contracts: Contracts, resource: str, pointer: str) -> Json:
    variable = resource[0].lower() + resource[1:] + "Id"
    return {
        rpc.name: {
            "operationId": rpc.name,
            "description": f"The id of the {resource.lower()}.",
            "parameters": {f"path.{variable}": f"$response.body#{pointer}"},
        }
        for _, rpc in contracts.public
        if variable in [binding.name for binding in bound_in_path(contracts, rpc)]
    }


def _by_refresh_token(contracts: Contracts) -> Json:
    return {
        rpc.name: {
            "operationId": rpc.name,
            "description": "The refresh token of this session.",
            "requestBody": {"refreshToken": "$response.body#/refreshToken"},
        }
        for _, rpc in contracts.public
        if rpc.body == "*" and contracts.messages[rpc.request].get("refresh_token") is not None
    }
