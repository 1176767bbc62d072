"""The routes follow the contract: each RPC is either reachable as its policy says, or deliberately not."""

from pathlib import Path
from typing import Any

import pytest
from google.api import annotations_pb2
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.empty_pb2 import Empty
from hamlet.account.v1 import (
    account_admin_service_pb2,
    account_service_pb2,
    personal_data_service_pb2,
    session_service_pb2,
)
from hamlet.blog.v1 import post_reading_service_pb2, post_revision_service_pb2, post_service_pb2
from hamlet.comment.v1 import comment_service_pb2, moderation_service_pb2
from hamlet.mesh.v1 import key_set_service_pb2, policy_pb2
from hamlet.spam.v1 import spam_service_pb2

from mesh.edge import EdgeService, EdgeSettings, Upstream, Village
from mesh.edge.filters import jwt
from mesh.edge.render import render_routes
from mesh.edge.routes import NO_ROUTE
from mesh.policy import Access, methods_of

CONTRACTS = (
    account_admin_service_pb2,
    account_service_pb2,
    session_service_pb2,
    personal_data_service_pb2,
    post_service_pb2,
    post_reading_service_pb2,
    post_revision_service_pb2,
    comment_service_pb2,
    moderation_service_pb2,
    spam_service_pb2,
    key_set_service_pb2,
)
SERVICES = [service for module in CONTRACTS for service in module.DESCRIPTOR.services_by_name.values()]
NOT_ROUTED = {
    # For workloads alone.
    "/hamlet.account.v1.AccountAdminService/CreateAdmin",
    "/hamlet.account.v1.PersonalDataService/ErasePerson",
    "/hamlet.account.v1.PersonalDataService/ExportPerson",
    # A stream in both directions has no REST form; the public has Classify and ClassifyBatch.
    "/hamlet.spam.v1.SpamService/ClassifyStream",
}


def village(*services: ServiceDescriptor) -> Village:
    return Village(
        [EdgeService(each, "one") for each in services], [Upstream("one", ("127.0.0.1:1",))], key_set_cluster="one"
    )


def routes(*services: ServiceDescriptor, settings: EdgeSettings | None = None) -> dict[str, Any]:
    """The rendered routes by path; the last, which leads nowhere, under its name."""
    (table,) = render_routes(village(*services), settings or EdgeSettings(), Path("x"))["resources"]
    (host,) = table["virtual_hosts"]
    *rpcs, nowhere = host["routes"]
    assert nowhere["match"] == {"prefix": "/"}
    return {route["match"]["path"]: route for route in rpcs} | {NO_ROUTE: nowhere}


def planted(name: str, *, mapped: bool = True, **policy: Any) -> ServiceDescriptor:
    """A contract with the one RPC `Do`."""
    package = f"hamlet.planted.{name}.v1"
    file = FileDescriptorProto(name=f"hamlet/planted/{name}.proto", package=package, syntax="proto3")
    file.dependency.extend([Empty.DESCRIPTOR.file.name, annotations_pb2.DESCRIPTOR.name, policy_pb2.DESCRIPTOR.name])
    method = file.service.add(name="PlantedService").method.add(
        name="Do", input_type=".google.protobuf.Empty", output_type=".google.protobuf.Empty"
    )
    method.options.Extensions[policy_pb2.policy].MergeFrom(policy_pb2.MethodPolicy(**policy))
    if mapped:
        method.options.Extensions[annotations_pb2.http].get = f"/v1/{name}"
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    return pool.FindServiceByName(f"{package}.PlantedService")


def requirement(route: dict[str, Any]) -> Any:
    return route["typed_per_filter_config"][jwt.NAME].get("requirement_name")


def test_every_rpc_of_the_contracts_is_routed_or_deliberately_not() -> None:
    every = {method.path for service in SERVICES for method in methods_of(service)}
    assert every >= NOT_ROUTED
    assert set(routes(*SERVICES)) - {NO_ROUTE} == every - NOT_ROUTED


def test_whoever_is_not_public_needs_a_token() -> None:
    rendered = routes(*SERVICES)
    for service in SERVICES:
        for method in methods_of(service):
            if method.path in rendered:
                public = method.access == Access.ACCESS_PUBLIC
                assert requirement(rendered[method.path]) == (jwt.ANYBODY if public else jwt.PERSON)


def test_a_call_gets_the_contracts_deadline_and_a_watch_none() -> None:
    rendered = routes(*SERVICES)
    for service in SERVICES:
        for method in methods_of(service):
            if method.path not in rendered:
                continue
            action = rendered[method.path]["route"]
            assert action["timeout"] == "0s"
            if method.long_lived:
                assert "max_stream_duration" not in action
            else:
                limit = f"{method.deadline:.3f}s"
                assert action["max_stream_duration"] == {
                    "max_stream_duration": limit,
                    "grpc_timeout_header_max": limit,
                }


def test_nothing_is_sent_again_that_a_service_may_have_seen() -> None:
    for path, route in routes(*SERVICES).items():
        if path != NO_ROUTE:
            assert route["route"]["retry_policy"]["retry_on"] == "refused-stream,connect-failure,reset-before-request"


@pytest.mark.parametrize(
    ("name", "mapped", "policy", "reachable"),
    [
        ("everybody", True, {"access": Access.ACCESS_PUBLIC, "workloads": ["*"]}, True),
        ("edgealone", True, {"access": Access.ACCESS_SIGNED_IN, "workloads": ["edge"]}, True),
        ("unmapped", False, {"access": Access.ACCESS_PUBLIC, "workloads": ["*"]}, False),
        ("others", True, {"access": Access.ACCESS_SIGNED_IN, "workloads": ["comment"]}, False),
        ("workload", True, {"access": Access.ACCESS_WORKLOAD, "workloads": ["comment"]}, False),
    ],
)
def test_only_what_is_mapped_and_admits_the_edge_is_reachable(
    name: str, mapped: bool, policy: dict[str, Any], reachable: bool
) -> None:
    contract = planted(name, mapped=mapped, deadline={"seconds": 3}, **policy)
    assert (f"/{contract.full_name}/Do" in routes(contract)) is reachable


def test_a_deadline_longer_than_the_idle_limit_is_not_cut_by_it() -> None:
    contract = planted("slow", access=Access.ACCESS_PUBLIC, workloads=["*"], deadline={"seconds": 60})
    assert routes(contract)[f"/{contract.full_name}/Do"]["route"]["idle_timeout"] == "65.000s"


def test_a_route_that_says_nothing_would_need_a_token() -> None:
    (rule,) = jwt.http_filter(EdgeSettings(), issuer="i", audience="a", key_set_url="u", cluster="c")["typed_config"][
        "rules"
    ]
    assert rule == {"match": {"prefix": "/"}, "requires": {"provider_name": "account"}}


def test_a_service_without_an_upstream_is_refused() -> None:
    with pytest.raises(ValueError, match="no upstream for"):
        Village([EdgeService(SERVICES[0], "elsewhere")], [Upstream("one", ("127.0.0.1:1",))], key_set_cluster="one")
