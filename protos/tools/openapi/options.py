"""The options of the contracts: policy, REST mapping, field behaviour, validation, error specs."""

from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumValueDescriptorProto,
    FieldDescriptorProto,
    MethodDescriptorProto,
    MethodOptions,
)
from google.protobuf.descriptor_pool import DescriptorPool

from protos.tools.openapi.records import Cel, ContractError, Policy, Reason

__all__ = ["Options"]

_IDEMPOTENT = frozenset({MethodOptions.NO_SIDE_EFFECTS, MethodOptions.IDEMPOTENT})
_VERBS = ("get", "put", "post", "delete", "patch")


class Options:
    """Reads options with the classes of a pool, which knows every extension that its files import."""

    def __init__(self, pool: DescriptorPool) -> None:
        self._pool = pool

    def _read(self, options: Any, extension: str) -> Any:
        """The extension's value, or None where it is not set."""
        kind = type(options).DESCRIPTOR.full_name
        own = message_factory.GetMessageClass(self._pool.FindMessageTypeByName(kind))
        read = own.FromString(options.SerializeToString())
        descriptor: Any = self._pool.FindExtensionByName(extension)
        if descriptor.is_repeated:
            return list(read.Extensions[descriptor])
        return read.Extensions[descriptor] if read.HasExtension(descriptor) else None

    def _name(self, enum: str, number: int) -> str:
        return str(self._pool.FindEnumTypeByName(enum).values_by_number[number].name)

    def _role(self, number: int) -> str:
        return self._name("hamlet.mesh.v1.Role", number).removeprefix("ROLE_") if number else ""

    def rules(self, field: FieldDescriptorProto) -> Any:
        return self._read(field.options, "buf.validate.field")

    def behaviors(self, field: FieldDescriptorProto) -> frozenset[str]:
        numbers = self._read(field.options, "google.api.field_behavior")
        return frozenset(self._name("google.api.FieldBehavior", number) for number in numbers)

    def cel(self, message: DescriptorProto) -> tuple[Cel, ...]:
        rules = self._read(message.options, "buf.validate.message")
        return () if rules is None else tuple(Cel(each.id, each.message, each.expression) for each in rules.cel)

    def changes(self, method: MethodDescriptorProto) -> bool:
        return method.options.idempotency_level != MethodOptions.NO_SIDE_EFFECTS

    def idempotent(self, method: MethodDescriptorProto) -> bool:
        return method.options.idempotency_level in _IDEMPOTENT

    def http(self, name: str, method: MethodDescriptorProto) -> tuple[str, str, str]:
        """Verb, path template and body; three times nothing where the RPC has no REST form."""
        rule = self._read(method.options, "google.api.http")
        if rule is None:
            return "", "", ""
        verb = rule.WhichOneof("pattern")
        if verb not in _VERBS or rule.additional_bindings or rule.response_body:
            raise ContractError(f"{name}: its google.api.http has no form in the generator")
        return verb, getattr(rule, verb), rule.body

    def policy(self, name: str, method: MethodDescriptorProto) -> Policy:
        policy = self._read(method.options, "hamlet.mesh.v1.policy")
        if policy is None:
            raise ContractError(f"{name}: no hamlet.mesh.v1.policy")
        limit, cache = policy.rate_limit, policy.edge_cache
        return Policy(
            access=self._name("hamlet.mesh.v1.Access", policy.access).removeprefix("ACCESS_"),
            role=self._role(policy.role),
            owner_override=self._role(policy.owner_override),
            workloads=frozenset(policy.workloads),
            deadline=_seconds(policy.deadline) if policy.HasField("deadline") else None,
            rate_limit=(limit.calls, _seconds(limit.window)) if policy.HasField("rate_limit") else None,
            edge_cache=(_seconds(cache.fresh_for), _seconds(cache.stale_while_revalidate))
            if policy.HasField("edge_cache")
            else None,
            long_lived=policy.long_lived,
        )

    def reason(self, name: str, comment: str, value: EnumValueDescriptorProto) -> Reason:
        spec = self._read(value.options, "hamlet.error.v1.spec")
        if spec is None:
            raise ContractError(f"ErrorReason {name}: no hamlet.error.v1.spec")
        return Reason(
            name=name,
            comment=comment,
            code=self._name("google.rpc.Code", spec.code),
            message=spec.message,
            remedy=spec.remedy,
            retry=self._name("hamlet.error.v1.Retry", spec.retry).removeprefix("RETRY_"),
            edge_statuses=tuple(spec.edge_statuses),
        )


def _seconds(duration: Any) -> float:
    return float(duration.seconds + duration.nanos / 1e9)
