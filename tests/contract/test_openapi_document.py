"""The OpenAPI document says what the contracts say: every public RPC, and examples that both sides accept."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hamlet
import pytest
from google.api import annotations_pb2
from google.protobuf import json_format, message_factory
from google.protobuf.message import Message
from hamlet.error.v1.error_reason_pb2 import ErrorReason
from jsonschema_rs import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from mesh.edge.exposure import public_methods
from mesh.edge.village import EdgeService
from mesh.errors import reason_name, spec_of
from mesh.validation import validate
from services.cli.edge import CONTRACTS

Json = dict[str, Any]
DOCUMENT: Json = json.loads((Path(next(iter(hamlet.__path__))) / "openapi.json").read_text())
OPERATIONS: dict[str, Json] = {
    operation["x-hamlet-rpc"]: operation for path in DOCUMENT["paths"].values() for operation in path.values()
}
PUBLIC = {
    each.method.path.strip("/").replace("/", "."): each
    for modules in CONTRACTS.values()
    for module in modules
    for descriptor in module.DESCRIPTOR.services_by_name.values()
    for each in public_methods([EdgeService(descriptor, "any")])
}


def resolved(node: Json) -> Json:
    """What a reference stands for."""
    if "$ref" not in node:
        return node
    found = DOCUMENT
    for key in node["$ref"].removeprefix("#/").split("/"):
        found = found[key]
    return found


def problems(schema: Json, value: object) -> list[str]:
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": DOCUMENT["components"], **schema}
    return [error.message for error in Draft202012Validator(whole).iter_errors(value)]


def request_of(name: str) -> Message:
    """The request that an operation's examples make, as the transcoder would make it."""
    descriptor = PUBLIC[name].method.descriptor
    assert descriptor is not None
    rule = descriptor.GetOptions().Extensions[annotations_pb2.http]
    operation = OPERATIONS[name]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
    values: Json = dict(body or {}) if rule.body == "*" else ({rule.body: dict(body)} if body is not None else {})
    given = {each["name"]: each.get("example") for each in operation.get("parameters", []) if each["in"] != "header"}
    for path in re.findall(r"\{([a-z_.]+)\}", getattr(rule, str(rule.WhichOneof("pattern")))):
        first, *rest = re.split(r"[._]", path)
        place, value = values, given.pop(first + "".join(word.title() for word in rest))
        *parents, last = path.split(".")
        for parent in parents:
            place = place[parent]
        place[last] = value
    values |= {key: value for key, value in given.items() if value is not None}
    return json_format.ParseDict(values, message_factory.GetMessageClass(descriptor.input_type)())


def error_answers() -> Iterator[tuple[str, Json]]:
    for name, operation in OPERATIONS.items():
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                yield f"{name} {status}", resolved(answer)["content"]["application/json"]


def test_it_is_openapi() -> None:
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_it_holds_what_the_edge_lets_through_and_nothing_else() -> None:
    assert set(OPERATIONS) == set(PUBLIC)
    assert len(OPERATIONS) > 40


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_an_operation_asks_for_a_token_where_the_edge_does(name: str) -> None:
    token: Json = {"accessToken": []}
    assert OPERATIONS[name]["security"] == ([token] if PUBLIC[name].needs_person else [{}, token])


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_the_example_of_a_request_is_valid_on_both_sides(name: str) -> None:
    operation = OPERATIONS[name]
    for each in operation.get("parameters", []):
        if "example" in each:
            assert problems(each["schema"], each["example"]) == []
    if "requestBody" in operation:
        content = operation["requestBody"]["content"]["application/json"]
        assert problems(content["schema"], content["example"]) == []
    validate(request_of(name))


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_the_example_of_an_answer_is_an_answer(name: str) -> None:
    descriptor = PUBLIC[name].method.descriptor
    assert descriptor is not None
    content = OPERATIONS[name]["responses"]["200"]["content"]
    if PUBLIC[name].server_streaming:
        stream = content["text/event-stream"]
        schema, example = stream["schema"]["contentSchema"], json.loads(stream["example"].removeprefix("data: "))
    else:
        schema, example = content["application/json"]["schema"], content["application/json"]["example"]
    assert problems(schema, example) == []
    json_format.ParseDict(example, message_factory.GetMessageClass(descriptor.output_type)())


def test_a_wrong_example_is_found() -> None:
    schema = {"$ref": "#/components/schemas/Post"}
    example = OPERATIONS["hamlet.blog.v1.PostReadingService.GetPost"]["responses"]["200"]["content"]
    good = example["application/json"]["example"]
    assert problems(schema, {**good, "state": "POST_STATE_LOST"})
    assert problems(schema, {key: value for key, value in good.items() if key != "title"})


def test_the_examples_of_errors_are_those_of_the_catalogue() -> None:
    specs = {reason_name(reason): spec_of(reason) for reason in ErrorReason.values() if reason}
    for where, content in error_answers():
        assert content["examples"], where
        for name, reference in content["examples"].items():
            example = resolved(reference)["value"]
            assert problems(content["schema"], example) == [], where
            assert (example["code"], example["message"]) == (specs[name].code.value[0], specs[name].message)


def test_an_error_of_another_operation_is_none_of_its_errors() -> None:
    answer = resolved(OPERATIONS["hamlet.blog.v1.PostReadingService.GetPost"]["responses"]["404"])
    schema = answer["content"]["application/json"]["schema"]
    assert problems(schema, DOCUMENT["components"]["examples"]["POST_NOT_FOUND"]["value"]) == []
    assert problems(schema, DOCUMENT["components"]["examples"]["COMMENT_NOT_FOUND"]["value"])
