"""What stands in the path, in the query and in the headers of a request."""

from collections.abc import Iterator

from protos.tools.openapi.paths import Binding, bound_in_path
from protos.tools.openapi.records import ContractError, Contracts, Field, Json, Message, Rpc
from protos.tools.openapi.samples import sample
from protos.tools.openapi.schemas import Schemas
from protos.tools.openapi.values import described

__all__ = ["parameters", "resource_of"]

_MASK = "google.protobuf.FieldMask"
# Fields that a header fills, which is how HTTP knows them.
_HEADERS = {
    "etag": (
        "If-Match",
        "The etag that the resource must still have, in quotes, or `*`; else 412. The same as the field `etag`.",
    ),
    "request_id": ("Idempotency-Key", "Makes a repetition safe: a UUID that you make up. The same as `requestId`."),
    "resume_token": ("Last-Event-ID", "Where to go on. Browsers send it by themselves. The same as `resumeToken`."),
}


def parameters(contracts: Contracts, schemas: Schemas, rpc: Rpc) -> list[Json]:
    """All parameters of an operation, in the order path, query, headers.

    Raises:
        ContractError: a field that is neither in path nor body has a type that no parameter can have.
    """
    bound = bound_in_path(contracts, rpc)
    return [
        *(_in_path(schemas, binding, rpc) for binding in bound),
        *_in_query(contracts, schemas, rpc, {binding.path for binding in bound}),
        *_in_headers(contracts, rpc),
    ]


def resource_of(contracts: Contracts, rpc: Rpc) -> Message | None:
    """The message that the body holds alone, None where the body is the whole request or nothing."""
    field = contracts.messages[rpc.request].get(rpc.body) if rpc.body not in {"", "*"} else None
    return contracts.messages[field.type_name] if field is not None else None


def _edited(contracts: Contracts, rpc: Rpc) -> Message | None:
    """The resource in the body, where the path names it: what is created has no etag yet."""
    names_it = rpc.path.find("{" + f"{rpc.body}.") >= 0
    return resource_of(contracts, rpc) if names_it else None


def _in_path(schemas: Schemas, binding: Binding, rpc: Rpc) -> Json:
    schema = schemas.parameter(binding.field)
    if schema.get("type") == "string" and "format" not in schema and "pattern" not in schema:
        schema = {"minLength": 1, **schema}
    comment = binding.field.comment
    if binding.path != binding.field.name:
        comment = f"The id of the {binding.path.split('.')[0]}."
    return _parameter(binding.name, "path", described(schema, comment), sample(rpc, binding.field, binding.path), True)


def _in_query(contracts: Contracts, schemas: Schemas, rpc: Rpc, bound: set[str]) -> Iterator[Json]:
    if rpc.body == "*":
        return
    for field in contracts.messages[rpc.request].fields:
        if field.name in bound or field.name == rpc.body:
            continue
        if field.type_name == _MASK:
            yield _mask(contracts, rpc, field)
        elif field.kind == "message":
            yield from _nested(contracts, schemas, rpc, field)
        else:
            required = "REQUIRED" in field.behaviors
            schema = described(schemas.parameter(field), field.comment)
            yield _parameter(field.json_name, "query", schema, sample(rpc, field, field.name), required)


def _nested(contracts: Contracts, schemas: Schemas, rpc: Rpc, field: Field) -> Iterator[Json]:
    if field.repeated or field.type_name not in contracts.messages:
        raise ContractError(f"{rpc.full_name}: {field.name} cannot be a query parameter")
    for inner in contracts.messages[field.type_name].fields:
        if inner.kind == "message":
            raise ContractError(f"{rpc.full_name}: {field.name}.{inner.name} is nested too deeply for a query")
        if "OUTPUT_ONLY" not in inner.behaviors:
            schema = described(schemas.parameter(inner), inner.comment)
            path = f"{field.name}.{inner.name}"
            yield _parameter(f"{field.json_name}.{inner.json_name}", "query", schema, sample(rpc, inner, path), False)


def _mask(contracts: Contracts, rpc: Rpc, field: Field) -> Json:
    """A mask names fields that a client may change, comma-separated."""
    resource = resource_of(contracts, rpc)
    if resource is None:
        raise ContractError(f"{rpc.full_name}: {field.name} masks nothing, as the body holds no resource")
    fixed = {"OUTPUT_ONLY", "IMMUTABLE"}
    names = [each.json_name for each in resource.fields if not fixed & each.behaviors and each.name != "etag"]
    one = "(" + "|".join(names) + ")"
    schema = {"type": "string", "pattern": f"^({one}(,{one})*)?$", "description": field.comment, "maxLength": 1024}
    return _parameter(field.json_name, "query", schema, sample(rpc, field, field.name), False)


def _in_headers(contracts: Contracts, rpc: Rpc) -> Iterator[Json]:
    request, resource = contracts.messages[rpc.request], _edited(contracts, rpc)
    for name, (header, description) in _HEADERS.items():
        field = request.get(name) or (resource.get(name) if resource is not None else None)
        if field is not None and "OUTPUT_ONLY" not in field.behaviors:
            schema: Json = {"type": "string", "maxLength": 128}
            if name == "etag" and "ETAG_MISMATCH" not in rpc.errors:
                raise ContractError(f"{rpc.full_name}: takes an etag, but does not name the error ETAG_MISMATCH")
            if name == "etag":
                schema = {"type": "string", "pattern": '^([*]|(W/)?"[!#-~]{0,120}")$'}
            if name == "request_id":
                schema = {"type": "string", "format": "uuid"}
            schema["description"] = description
            yield _parameter(header, "header", schema, sample(rpc, field, name), False)
    if rpc.policy.edge_cache is not None:
        schema = {"type": "string", "maxLength": 128, "description": "The etag that you have; 304 if it still holds."}
        yield _parameter("If-None-Match", "header", schema, None, False)


def _parameter(name: str, place: str, schema: Json, example: object, required: bool) -> Json:
    description = schema.pop("description", "")
    parameter: Json = {"name": name, "in": place, "description": description, "schema": schema}
    if required:
        parameter["required"] = True
    if example is not None:
        parameter["example"] = example
    return parameter
