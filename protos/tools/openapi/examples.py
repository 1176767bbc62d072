"""An example of each message, made of the samples; tests hold each against its schema and against protovalidate."""

from typing import Any

from protos.tools.openapi.records import ContractError, Contracts, Field, Json, Message
from protos.tools.openapi.samples import NONE, lookup

__all__ = ["answer_example", "request_example"]

_FALLBACK: dict[str, Any] = {"bool": False, "float": 0.5, "double": 0.5, "bytes": "aGFtbGV0"}
_WELL_KNOWN: dict[str, Any] = {
    "google.protobuf.Timestamp": "2026-11-23T08:00:00Z",
    "google.protobuf.Duration": "1.5s",
    "google.protobuf.Struct": {},
}


def answer_example(contracts: Contracts, name: str) -> Json:
    """What is answered: every field."""
    message = contracts.messages.get(name)
    return {} if message is None else _of_message(contracts, message, sent=False, place=message.name)


def request_example(contracts: Contracts, name: str, *, place: str, without: frozenset[str] = frozenset()) -> Json:
    """What is sent: neither what the server alone writes, nor what comes in the path, nor an etag.

    Args:
        place: where the message stands: its own name, or that of the request and the field.
    """
    return _of_message(contracts, contracts.messages[name], sent=True, place=place, without=without)


def _of_message(
    contracts: Contracts, message: Message, *, sent: bool, place: str, without: frozenset[str] = frozenset()
) -> Json:
    found = {}
    for field in message.fields:
        if field.name in without or (sent and ("OUTPUT_ONLY" in field.behaviors or field.name == "etag")):
            continue
        value = _of_field(contracts, message, field, sent=sent, place=place)
        if value is NONE and not sent and not field.presence:
            value = _zero(field)
        if value is not NONE:
            found[field.json_name] = [value] if field.repeated and not isinstance(value, list) else value
    return found


def _of_field(contracts: Contracts, message: Message, field: Field, *, sent: bool, place: str) -> Any:
    value = lookup(f"{place}.{field.name}", f"{message.name}.{field.name}", field.name)
    if value is not None:
        return value
    if field.kind == "message" and field.type_name in contracts.messages:
        inner = contracts.messages[field.type_name]
        return _of_message(contracts, inner, sent=sent, place=f"{place}.{field.name}")
    if field.kind == "message":
        return _WELL_KNOWN.get(field.type_name, NONE)
    if field.kind == "enum":
        return contracts.enums[field.type_name].values[1].name
    return _fallback(message, field)


def _fallback(message: Message, field: Field) -> Any:
    if field.kind != "string":
        return _FALLBACK.get(field.kind, 1)
    rules = field.rules.string if field.rules is not None else None
    if rules is not None and (rules.pattern or rules.uuid or rules.email or rules.uri or rules.min_len > len("text")):
        raise ContractError(f"{message.name}.{field.name}: needs a value in protos/tools/openapi/samples.py")
    return "text"


def _zero(field: Field) -> Any:
    return [] if field.repeated else {"string": "", "bool": False}.get(field.kind, 0)
