"""The messages of the contracts as schemas.

A message that is both sent and answered becomes two schemas: `Post` is what is answered, where everything that proto3
always prints is required; `PostInput` is what is sent, without what the server alone writes. A client that is generated
from them has exact types on both sides.
"""

from collections.abc import Iterable

from protos.tools.openapi.comments import definition
from protos.tools.openapi.records import Cel, Contracts, Enum, Field, Json, Message
from protos.tools.openapi.values import described, value_schema

__all__ = ["Schemas", "required_by"]


class Schemas:
    """Collects the schemas that the operations refer to, under names that are unique."""

    def __init__(self, contracts: Contracts) -> None:
        self._contracts = contracts
        self._names = _unique_names([*contracts.messages, *contracts.enums])
        self._answered = _reachable(contracts, [rpc.answer for _, rpc in contracts.public])
        self.collected: Json = {}

    def answer(self, name: str) -> Json:
        """A reference to what is answered."""
        if name not in self._contracts.messages:
            return {"type": "object", "additionalProperties": False}
        key = self._names[name]
        if key not in self.collected:
            self.collected[key] = {}
            self.collected[key] = self._answer(self._contracts.messages[name])
        return _reference(key)

    def request(self, name: str, without: frozenset[str] = frozenset()) -> Json:
        """A reference to what is sent, without the fields that come in the path."""
        key = self._names[name] + ("Input" if name in self._answered else "")
        if key not in self.collected:
            self.collected[key] = {}
            self.collected[key] = self._request(self._contracts.messages[name], without)
        return _reference(key)

    def enum(self, name: str) -> Json:
        """A reference to an enum."""
        key = self._names[name]
        if key not in self.collected:
            self.collected[key] = _enum(self._contracts.enums[name])
        return _reference(key)

    def parameter(self, field: Field) -> Json:
        """A field as a parameter, which no message may be."""
        return value_schema(self._contracts, field, _Sent(self))

    def _answer(self, message: Message) -> Json:
        properties = {field.json_name: self._property(field, _Answered(self), sent=False) for field in message.fields}
        always = [field.json_name for field in message.fields if not field.presence]
        return _object(message, properties, always)

    def _request(self, message: Message, without: frozenset[str]) -> Json:
        fields = [f for f in message.fields if f.name not in without and "OUTPUT_ONLY" not in f.behaviors]
        properties = {field.json_name: self._property(field, _Sent(self), sent=True) for field in fields}
        schema = _object(message, properties, [field.json_name for field in fields if _is_required(field)])
        # The front door drops what it does not know; a client that checks before it sends finds the misspelt name.
        return {**schema, "additionalProperties": False}

    def _property(self, field: Field, references: "_Sent | _Answered", *, sent: bool) -> Json:
        schema = described(value_schema(self._contracts, field, references), field.comment)
        if "OUTPUT_ONLY" in field.behaviors:
            schema["readOnly"] = True
        if "INPUT_ONLY" in field.behaviors:
            schema["writeOnly"] = True
        if sent and "IMMUTABLE" in field.behaviors:
            schema["description"] += " It cannot be changed afterwards."
        return schema


class _Answered:
    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas

    def message(self, name: str) -> Json:
        return self._schemas.answer(name)

    def enum(self, name: str) -> Json:
        return self._schemas.enum(name)


class _Sent(_Answered):
    def message(self, name: str) -> Json:
        return self._schemas.request(name)


def required_by(rules: Iterable[Cel], root: str, fields: Iterable[Field]) -> Json:
    """What the rules of a request require of the resource `root` within it: `size(this.post.title) > 0` says that
    `title` is required and not empty. Rules of another form stay words."""
    names = {field.name: field.json_name for field in fields}
    found = [
        names[path]
        for rule in rules
        if rule.expression.startswith(start := f"size(this.{root}.") and rule.expression.endswith(end := ") > 0")
        if (path := rule.expression[len(start) : -len(end)]) in names
    ]
    return {"required": found, "properties": {name: {"minLength": 1} for name in found}} if found else {}


def _is_required(field: Field) -> bool:
    return "REQUIRED" in field.behaviors or bool(field.rules is not None and field.rules.required)


def _object(message: Message, properties: Json, required: list[str]) -> Json:
    schema: Json = {
        "type": "object",
        "description": definition(message.name, message.comment),
        "properties": properties,
    }
    return {**schema, "required": required} if required else schema


def _enum(enum: Enum) -> Json:
    values = [f"- `{value.name}`: {value.comment}" for value in enum.values]
    return {
        "type": "string",
        "description": "\n".join([definition(enum.name, enum.comment), "", *values]),
        "enum": [value.name for value in enum.values],
    }


def _reference(key: str) -> Json:
    return {"$ref": f"#/components/schemas/{key}"}


def _reachable(contracts: Contracts, roots: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name in contracts.messages and name not in found:
            found.add(name)
            waiting += [field.type_name for field in contracts.messages[name].fields if field.kind == "message"]
    return frozenset(found)


def _unique_names(full_names: Iterable[str]) -> dict[str, str]:
    """`Post` where one package alone has it; else the package goes in front, but where it has the same name."""
    short: dict[str, list[str]] = {}
    for name in full_names:
        short.setdefault(name.rsplit(".", 1)[-1], []).append(name)
    unique = {}
    for last, names in short.items():
        for name in names:
            package = name.split(".")[1]
            alone = len(names) == 1 or package == last.lower()
            unique[name] = last if alone else package.title() + last
    return unique
