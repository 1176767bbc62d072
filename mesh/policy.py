"""The contract's policy, read from the descriptors: one frozen record per RPC."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.duration_pb2 import Duration
from hamlet.mesh.v1 import policy_pb2
from hamlet.mesh.v1.policy_pb2 import Access, Role

__all__ = ["Access", "EdgeCache", "Method", "MissingPolicyError", "RateLimit", "Role", "method_of", "methods_of"]

_IDEMPOTENT = frozenset(
    {descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS, descriptor_pb2.MethodOptions.IDEMPOTENT},
)


class MissingPolicyError(Exception):
    """An RPC without a `hamlet.mesh.v1.policy` option, or with one that contradicts itself."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    calls: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class EdgeCache:
    """How long a shared cache may answer, in seconds: by itself, and then while it asks anew."""

    fresh_for: float
    stale_while_revalidate: float


@dataclass(frozen=True, slots=True)
class Method:
    """An RPC and what may be done with it.

    Attributes:
        path: `/hamlet.blog.v1.BlogService/GetPost`.
        workloads: who may call, by the last segment of the SPIFFE id; `*` for every workload of the trust domain.
        autonomous_workloads: those who may call without a person.
        deadline: seconds for callers that set none; None for a long-lived watch.
        edge_cache: None where no shared cache may answer.
        idempotent: a client may send it again although the first attempt may have been carried out.
    """

    path: str
    access: Access.ValueType
    role: Role.ValueType
    owner_override: Role.ValueType
    workloads: frozenset[str]
    autonomous_workloads: frozenset[str]
    deadline: float | None
    rate_limit: RateLimit | None
    edge_cache: EdgeCache | None
    idempotent: bool
    long_lived: bool
    descriptor: MethodDescriptor | None = None

    @property
    def service(self) -> str:
        return self.path.split("/")[1]

    @property
    def name(self) -> str:
        return self.path.split("/")[2]

    def admits_alone(self, workload: str) -> bool:
        """Whether `workload` may call on nobody's behalf although the RPC asks for a person."""
        return workload in self.autonomous_workloads

    def admits_workload(self, workload: str) -> bool:
        """`*` stands for every workload of the trust domain: a certificate that names none, or two, is not one."""
        return bool(workload) and ("*" in self.workloads or workload in self.workloads)


def methods_of(service: ServiceDescriptor) -> Iterator[Method]:
    """The RPCs of a service with their policies.

    Raises:
        MissingPolicyError: one of them has no valid policy.
    """
    for method in service.methods:
        yield method_of(method)


@cache
def method_of(method: MethodDescriptor) -> Method:
    """An RPC with its policy.

    Raises:
        MissingPolicyError: it has no valid policy.
    """
    path = f"/{method.containing_service.full_name}/{method.name}"
    options = method.GetOptions()
    if not options.HasExtension(policy_pb2.policy):
        raise MissingPolicyError(f"{path} has no hamlet.mesh.v1.policy option")
    policy = options.Extensions[policy_pb2.policy]
    _refuse_contradictions(path, policy)
    return Method(
        path=path,
        access=policy.access,
        role=policy.role,
        owner_override=policy.owner_override,
        workloads=frozenset(policy.workloads),
        autonomous_workloads=frozenset(policy.autonomous_workloads),
        deadline=None if policy.long_lived else _seconds(policy.deadline),
        rate_limit=_rate_limit(policy),
        edge_cache=_edge_cache(policy),
        idempotent=options.idempotency_level in _IDEMPOTENT,
        long_lived=policy.long_lived,
        descriptor=method,
    )


def _refuse_contradictions(path: str, policy: policy_pb2.MethodPolicy) -> None:
    problems = {
        "no access": policy.access == Access.ACCESS_UNSPECIFIED,
        "no workload": not policy.workloads,
        "ACCESS_ROLE without a role": (policy.access == Access.ACCESS_ROLE) == (not policy.role),
        "an owner_override without ACCESS_OWNER": bool(policy.owner_override) and policy.access != Access.ACCESS_OWNER,
        "neither a deadline nor long_lived": policy.HasField("deadline") == policy.long_lived,
        "ACCESS_WORKLOAD open to the edge": policy.access == Access.ACCESS_WORKLOAD
        and not {"edge", "*"}.isdisjoint(policy.workloads),
        "an edge_cache for answers that are a person's": policy.HasField("edge_cache")
        and policy.access != Access.ACCESS_PUBLIC,
    }
    for problem, found in problems.items():
        if found:
            raise MissingPolicyError(f"{path}: policy with {problem}")


def _rate_limit(policy: policy_pb2.MethodPolicy) -> RateLimit | None:
    if not policy.HasField("rate_limit"):
        return None
    return RateLimit(policy.rate_limit.calls, policy.rate_limit.window.ToTimedelta())


def _edge_cache(policy: policy_pb2.MethodPolicy) -> EdgeCache | None:
    if not policy.HasField("edge_cache"):
        return None
    return EdgeCache(_seconds(policy.edge_cache.fresh_for), _seconds(policy.edge_cache.stale_while_revalidate))


def _seconds(duration: Duration) -> float:
    return duration.ToTimedelta().total_seconds()
