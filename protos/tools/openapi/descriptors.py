"""From protoc's request to records.

The options are read with classes made of the descriptors in the request itself. So the plugin needs no stub of ours,
and never sees an older contract than the one that it generates for.
"""

from google.protobuf import descriptor_pool
from google.protobuf.compiler import plugin_pb2
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    MethodDescriptorProto,
    ServiceDescriptorProto,
)

from protos.tools.openapi.comments import ServiceErrors, errors_of_rpc, errors_of_service, paragraphs
from protos.tools.openapi.options import Options
from protos.tools.openapi.records import (
    ContractError,
    Contracts,
    Enum,
    EnumValue,
    Field,
    Message,
    Reason,
    Rpc,
    Service,
)

__all__ = ["read"]

_MESSAGE, _ENUM, _SERVICE = 4, 5, 6
_MEMBER = 2
_REASONS = "hamlet.error.v1.ErrorReason"
_PREFIX = "ERROR_REASON_"


def read(request: plugin_pb2.CodeGeneratorRequest) -> Contracts:
    """The contracts in a request, in the order of their files.

    Raises:
        ContractError: one of them says what the generator does not understand.
    """
    pool = descriptor_pool.DescriptorPool()
    for file in request.proto_file:
        pool.AddSerializedFile(file.SerializeToString())
    reader = _Reader(Options(pool))
    for file in request.proto_file:
        if file.package.startswith("hamlet."):
            reader.add(file)
    return Contracts(tuple(reader.services), reader.messages, reader.enums, reader.reasons)


class _Reader:
    def __init__(self, options: Options) -> None:
        self._options = options
        self._comments: dict[tuple[int, ...], str] = {}
        self.services: list[Service] = []
        self.messages: dict[str, Message] = {}
        self.enums: dict[str, Enum] = {}
        self.reasons: dict[str, Reason] = {}

    def add(self, file: FileDescriptorProto) -> None:
        self._comments = {tuple(each.path): each.leading_comments for each in file.source_code_info.location}
        for i, message in enumerate(file.message_type):
            self._message(f"{file.package}.{message.name}", message, (_MESSAGE, i))
        for i, enum in enumerate(file.enum_type):
            self._enum(f"{file.package}.{enum.name}", enum, (_ENUM, i))
        for i, service in enumerate(file.service):
            self.services.append(self._service(f"{file.package}.{service.name}", service, (_SERVICE, i)))

    def _comment(self, *path: int) -> str:
        return paragraphs(self._comments.get(path, ""))

    def _message(self, name: str, message: DescriptorProto, path: tuple[int, ...]) -> None:
        if message.nested_type or message.oneof_decl:
            raise ContractError(f"{name}: maps, nested messages and oneofs have no form in the generator yet")
        fields = tuple(self._field(field, (*path, _MEMBER, i)) for i, field in enumerate(message.field))
        self.messages[name] = Message(name, self._comment(*path), fields, self._options.cel(message))

    def _field(self, field: FieldDescriptorProto, path: tuple[int, ...]) -> Field:
        kind = FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()
        repeated = field.label == FieldDescriptorProto.LABEL_REPEATED
        return Field(
            name=field.name,
            json_name=field.json_name,
            kind=kind,
            type_name=field.type_name.removeprefix("."),
            repeated=repeated,
            presence=kind == "message" and not repeated,
            behaviors=self._options.behaviors(field),
            rules=self._options.rules(field),
            comment=self._comment(*path),
        )

    def _enum(self, name: str, enum: EnumDescriptorProto, path: tuple[int, ...]) -> None:
        values = tuple(
            EnumValue(value.name, value.number, self._comment(*path, _MEMBER, i)) for i, value in enumerate(enum.value)
        )
        self.enums[name] = Enum(name, self._comment(*path), values)
        if name == _REASONS:
            for value, record in zip(enum.value, values, strict=True):
                if record.number:
                    reason = record.name.removeprefix(_PREFIX)
                    self.reasons[reason] = self._options.reason(reason, record.comment, value)

    def _service(self, name: str, service: ServiceDescriptorProto, path: tuple[int, ...]) -> Service:
        said = self._errors_of_service(name, self._comments.get(path, ""))
        rpcs = tuple(self._rpc(name, method, (*path, _MEMBER, i)) for i, method in enumerate(service.method))
        return Service(name, said.text, said.names, said.change, said.person, rpcs)

    @staticmethod
    def _errors_of_service(name: str, comment: str) -> ServiceErrors:
        try:
            return errors_of_service(comment)
        except ValueError as error:
            raise ContractError(f"{name}: {error}") from None

    def _rpc(self, service: str, method: MethodDescriptorProto, path: tuple[int, ...]) -> Rpc:
        name = f"{service}.{method.name}"
        try:
            text, errors = errors_of_rpc(self._comments.get(path, ""))
        except ValueError as error:
            raise ContractError(f"{name}: {error}") from None
        verb, template, body = self._options.http(name, method)
        return Rpc(
            full_name=name,
            service=service,
            comment=text,
            errors=errors,
            request=method.input_type.removeprefix("."),
            answer=method.output_type.removeprefix("."),
            client_streaming=method.client_streaming,
            server_streaming=method.server_streaming,
            verb=verb,
            path=template,
            body=body,
            changes=self._options.changes(method),
            idempotent=self._options.idempotent(method),
            policy=self._options.policy(name, method),
        )
