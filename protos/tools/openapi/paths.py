"""Path templates of google.api.http as OpenAPI's: `/v1/posts/{post.id}` and `/v1/posts/{post_id}` are one path.

OpenAPI takes two templates that differ only in the names of their variables for the same path, so the variable is
called after its whole field path, in lowerCamelCase: `postId` for both.
"""

import re
from dataclasses import dataclass

from protos.tools.openapi.records import ContractError, Contracts, Field, Rpc

__all__ = ["Binding", "bound_in_path", "leaf", "openapi_path"]

_VARIABLE = re.compile(r"\{([a-z_][a-z0-9_.]*)\}")


@dataclass(frozen=True, slots=True)
class Binding:
    """A variable of a path.

    Attributes:
        name: as OpenAPI has it.
        path: of the field in the request: `post.id`.
    """

    name: str
    path: str
    field: Field


def openapi_path(template: str) -> str:
    return _VARIABLE.sub(lambda found: "{" + _camel(found[1]) + "}", template)


def bound_in_path(contracts: Contracts, rpc: Rpc) -> list[Binding]:
    """The variables of an RPC's path in their order.

    Raises:
        ContractError: the template has a pattern, or names no field.
    """
    if rpc.path.count("{") != len(_VARIABLE.findall(rpc.path)):
        raise ContractError(f"{rpc.full_name}: the path {rpc.path} has a form that the generator does not know")
    return [Binding(_camel(path), path, leaf(contracts, rpc, path)) for path in _VARIABLE.findall(rpc.path)]


def leaf(contracts: Contracts, rpc: Rpc, path: str) -> Field:
    """The field at the end of a path within a request.

    Raises:
        ContractError: there is none.
    """
    message = contracts.messages[rpc.request]
    field = None
    for name in path.split("."):
        field = message.get(name)
        if field is None:
            raise ContractError(f"{rpc.full_name}: {path} is no field of its request")
        message = contracts.messages.get(field.type_name, message)
    assert field is not None  # noqa: S101 - a path has at least one name
    return field


def _camel(path: str) -> str:
    first, *rest = re.split(r"[._]", path)
    return first + "".join(part.title() for part in rest)
