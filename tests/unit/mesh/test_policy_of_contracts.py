"""What the descriptors say becomes a record, and a policy that contradicts itself is refused."""

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import MethodDescriptor
from hamlet.blog.v1 import post_reading_service_pb2
from hamlet.mesh.v1 import policy_pb2

from mesh.policy import Access, MissingPolicyError, Role, method_of, methods_of

ROLE, OWNER, PUBLIC, WORKLOAD = (
    Access.ACCESS_ROLE,
    Access.ACCESS_OWNER,
    Access.ACCESS_PUBLIC,
    Access.ACCESS_WORKLOAD,
)


def rpc(policy: policy_pb2.MethodPolicy | None) -> MethodDescriptor:
    """An RPC with the given policy, in a pool of its own."""
    file = descriptor_pb2.FileDescriptorProto(name="planted.proto", package="planted", syntax="proto3")
    file.message_type.add(name="Empty")
    service = file.service.add(name="Planted")
    method = service.method.add(name="Do", input_type=".planted.Empty", output_type=".planted.Empty")
    if policy is not None:
        method.options.Extensions[policy_pb2.policy].CopyFrom(policy)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool.FindMethodByName("planted.Planted.Do")


def policy(**fields: object) -> policy_pb2.MethodPolicy:
    whole = {"access": PUBLIC, "workloads": ["*"], "deadline": {"seconds": 1}, **fields}
    return policy_pb2.MethodPolicy(**{name: value for name, value in whole.items() if value is not None})  # type: ignore[arg-type]


def test_an_rpc_of_ours_has_its_policy() -> None:
    service = post_reading_service_pb2.DESCRIPTOR.services_by_name["PostReadingService"]
    get_post = next(method for method in methods_of(service) if method.name == "GetPost")
    assert get_post.path == "/hamlet.blog.v1.PostReadingService/GetPost"
    assert (get_post.access, get_post.deadline, get_post.idempotent) == (PUBLIC, 2.0, True)
    assert get_post.admits_workload("edge")
    assert not get_post.admits_alone("edge")


def test_an_rpc_without_a_policy_is_refused() -> None:
    with pytest.raises(MissingPolicyError, match=r"no hamlet\.mesh\.v1\.policy"):
        method_of(rpc(None))


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"access": None}, "no access"),
        ({"workloads": None}, "no workload"),
        ({"deadline": None}, "neither a deadline"),
        ({"access": ROLE}, "without a role"),
        ({"role": Role.ROLE_ADMIN}, "without a role"),
        ({"owner_override": Role.ROLE_ADMIN}, "owner_override"),
        ({"access": WORKLOAD}, "open to the edge"),
        ({"access": WORKLOAD, "workloads": ["edge"]}, "open to the edge"),
        ({"long_lived": True}, "neither a deadline"),
    ],
)
def test_a_contradiction_is_refused(fields: dict[str, object], complaint: str) -> None:
    with pytest.raises(MissingPolicyError, match=complaint):
        method_of(rpc(policy(**fields)))


def test_an_owner_rpc_may_name_who_need_not_own() -> None:
    method = method_of(rpc(policy(access=OWNER, owner_override=Role.ROLE_MODERATOR)))
    assert method.owner_override == Role.ROLE_MODERATOR
