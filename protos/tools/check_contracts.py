"""The rules of the contracts that buf's own lint does not know.

Reads a descriptor set with source information on standard input (`buf build -o -#format=binpb`), prints each problem
and exits with 1 if there is one.
"""

import sys
from collections.abc import Iterable, Iterator

from buf.validate import validate_pb2
from google.api import annotations_pb2  # noqa: F401 - registers the http option
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
)
from hamlet.error.v1.error_reason_pb2 import ErrorReason
from hamlet.mesh.v1 import policy_pb2

from protos.tools.openapi.comments import errors_of_rpc, errors_of_service

_SERVICE_FIELD, _METHOD_FIELD = 6, 2
_REASONS = frozenset(ErrorReason.keys())


def problems(files: FileDescriptorSet) -> list[str]:
    """What is wrong with our contracts in a descriptor set."""
    return [problem for file in files.file if file.package.startswith("hamlet.") for problem in _in_file(file)]


def _in_file(file: FileDescriptorProto) -> Iterator[str]:
    comments = {tuple(each.path): each.leading_comments for each in file.source_code_info.location}
    for s, service in enumerate(file.service):
        yield from _in_service(f"{file.package}.{service.name}", comments.get((_SERVICE_FIELD, s), ""))
        for m, method in enumerate(service.method):
            where = f"{file.package}.{service.name}.{method.name}"
            yield from _in_method(where, method, comments.get((_SERVICE_FIELD, s, _METHOD_FIELD, m), ""))
    for message in file.message_type:
        yield from _in_message(f"{file.package}.{message.name}", message)


def _in_method(where: str, method: MethodDescriptorProto, comment: str) -> Iterator[str]:
    if not method.options.HasExtension(policy_pb2.policy):
        yield f"{where}: no hamlet.mesh.v1.policy"
    try:
        _, named = errors_of_rpc(comment)
    except ValueError as error:
        yield f"{where}: {error}"
        return
    yield from _unknown(where, named)


def _in_service(where: str, comment: str) -> Iterator[str]:
    try:
        said = errors_of_service(comment)
    except ValueError as error:
        yield f"{where}: {error}"
        return
    yield from _unknown(where, (*said.names, *said.change, *said.person))


def _unknown(where: str, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if f"ERROR_REASON_{name}" not in _REASONS:
            yield f"{where}: names the error {name}, which is not in ErrorReason"


def _in_message(where: str, message: DescriptorProto) -> Iterator[str]:
    if message.options.map_entry:
        return
    for field in message.field:
        rules = field.options.Extensions[validate_pb2.field]
        repeated = field.label == FieldDescriptorProto.LABEL_REPEATED
        if repeated and not _is_map(field, message) and not rules.repeated.max_items:
            yield f"{where}.{field.name}: a list without a bound (max_items)"
        yield from _in_field(f"{where}.{field.name}", field, rules.repeated.items if repeated else rules)
    for nested in message.nested_type:
        yield from _in_message(f"{where}.{nested.name}", nested)


def _in_field(where: str, field: FieldDescriptorProto, rules: validate_pb2.FieldRules) -> Iterator[str]:
    if field.type == FieldDescriptorProto.TYPE_STRING and not rules.string.max_len:
        yield f"{where}: a string without a bound (max_len)"
    if field.type == FieldDescriptorProto.TYPE_BYTES and not rules.bytes.max_len:
        yield f"{where}: bytes without a bound (max_len)"
    if field.type == FieldDescriptorProto.TYPE_ENUM and not rules.enum.defined_only:
        yield f"{where}: an enum without defined_only"


def _is_map(field: FieldDescriptorProto, message: DescriptorProto) -> bool:
    name = field.type_name.rsplit(".", 1)[-1]
    return any(nested.name == name and nested.options.map_entry for nested in message.nested_type)


if __name__ == "__main__":
    found = problems(FileDescriptorSet.FromString(sys.stdin.buffer.read()))
    sys.stdout.write("".join(f"{problem}\n" for problem in found))
    sys.exit(1 if found else 0)
