"""What the generator knows of the contracts: plain records, read once from the descriptors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "Cel",
    "ContractError",
    "Contracts",
    "Enum",
    "EnumValue",
    "Field",
    "Json",
    "Message",
    "Policy",
    "Reason",
    "Rpc",
    "Service",
]

Json = dict[str, Any]


class ContractError(Exception):
    """A contract says something that the generator does not understand. The build fails rather than guess."""


@dataclass(frozen=True, slots=True)
class Cel:
    """A rule over a whole message (buf.validate)."""

    id: str
    message: str
    expression: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a message.

    Attributes:
        kind: the proto type: `string`, `int32`, `message`, `enum`, ...
        type_name: the full name of a message or an enum; empty for scalars.
        presence: whether being unset differs from the zero value, so that JSON may leave it out.
        behaviors: of google.api.field_behavior: `OUTPUT_ONLY`, `REQUIRED`, ...
        rules: buf.validate.FieldRules, None without one.
    """

    name: str
    json_name: str
    kind: str
    type_name: str
    repeated: bool
    presence: bool
    behaviors: frozenset[str]
    rules: Any
    comment: str


@dataclass(frozen=True, slots=True)
class Message:
    full_name: str
    comment: str
    fields: tuple[Field, ...]
    cel: tuple[Cel, ...] = ()
    value_type: Field | None = None
    """Of a map's entry."""

    @property
    def name(self) -> str:
        return self.full_name.rsplit(".", 1)[-1]

    def get(self, name: str) -> Field | None:
        return next((each for each in self.fields if each.name == name), None)


@dataclass(frozen=True, slots=True)
class EnumValue:
    name: str
    number: int
    comment: str


@dataclass(frozen=True, slots=True)
class Enum:
    full_name: str
    comment: str
    values: tuple[EnumValue, ...]

    @property
    def name(self) -> str:
        return self.full_name.rsplit(".", 1)[-1]


@dataclass(frozen=True, slots=True)
class Policy:
    """hamlet.mesh.v1.MethodPolicy, with names for enums and seconds for durations."""

    access: str
    role: str
    owner_override: str
    workloads: frozenset[str]
    deadline: float | None
    rate_limit: tuple[int, float] | None
    edge_cache: tuple[float, float] | None
    long_lived: bool

    @property
    def needs_person(self) -> bool:
        return self.access not in {"PUBLIC", "WORKLOAD"}


@dataclass(frozen=True, slots=True)
class Rpc:
    """An RPC.

    Attributes:
        comment: without the line that names the errors.
        errors: what that line names.
        verb, path, body: of google.api.http; empty where there is none.
        changes: whether it has side effects.
        idempotent: whether a client may send it again.
    """

    full_name: str
    service: str
    comment: str
    errors: tuple[str, ...]
    request: str
    answer: str
    client_streaming: bool
    server_streaming: bool
    verb: str
    path: str
    body: str
    changes: bool
    idempotent: bool
    policy: Policy

    @property
    def name(self) -> str:
        return self.full_name.rsplit(".", 1)[-1]

    @property
    def public(self) -> bool:
        """Whether the edge lets it through: the rule of mesh/edge/exposure.py, which a test compares."""
        return (
            bool(self.path) and self.policy.access != "WORKLOAD" and not {"edge", "*"}.isdisjoint(self.policy.workloads)
        )


@dataclass(frozen=True, slots=True)
class Service:
    """A service.

    Attributes:
        comment: without the sentence that names the errors of all its RPCs.
        errors: what every RPC may answer with.
        change_errors: what those may answer with besides that change something.
        person_errors: what those may answer with besides that need a person.
    """

    full_name: str
    comment: str
    errors: tuple[str, ...]
    change_errors: tuple[str, ...]
    person_errors: tuple[str, ...]
    rpcs: tuple[Rpc, ...]

    @property
    def name(self) -> str:
        return self.full_name.rsplit(".", 1)[-1]


@dataclass(frozen=True, slots=True)
class Reason:
    """A value of hamlet.error.v1.ErrorReason with its spec.

    Attributes:
        code: the gRPC code's name.
        edge_statuses: the HTTP statuses with which the edge answers so by itself.
        retry: `NO`, `LATER` or `IF_IDEMPOTENT`.
    """

    name: str
    comment: str
    code: str
    message: str
    remedy: str
    retry: str
    edge_statuses: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Contracts:
    services: tuple[Service, ...]
    messages: Mapping[str, Message]
    enums: Mapping[str, Enum]
    reasons: Mapping[str, Reason] = field(default_factory=dict)

    @property
    def public(self) -> list[tuple[Service, Rpc]]:
        """What is reachable over REST, in the order of the contracts."""
        return [(service, rpc) for service in self.services for rpc in service.rpcs if rpc.public]
