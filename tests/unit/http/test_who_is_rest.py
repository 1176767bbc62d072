"""Headers count for REST calls that the edge passes on. Nobody else can pretend to be one."""

from typing import Any

import pytest
from hamlet.blog.v1.post_service_pb2 import DESCRIPTOR, DeletePostRequest

from mesh.call import Call, Caller
from mesh.http import is_rest
from mesh.interceptors.decode import Decode
from mesh.interceptors.rate_limit import RateLimitInterceptor
from mesh.policy import method_of

POST_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
TRANSCODED = {"x-envoy-original-path": "/v1/posts"}


def call_of(name: str, workload: str, metadata: dict[str, str]) -> Call:
    context: Any = None
    method = method_of(DESCRIPTOR.services_by_name["PostService"].methods_by_name[name])
    return Call(method, context, metadata, caller=Caller(workload=workload, address="192.0.2.1"))


async def proceed(call: Call) -> None:
    pass


@pytest.mark.parametrize(
    ("workload", "metadata", "rest"),
    [("edge", TRANSCODED, True), ("edge", {}, False), ("comment", TRANSCODED, False), ("", TRANSCODED, False)],
)
def test_only_the_edge_says_what_was_http(workload: str, metadata: dict[str, str], rest: bool) -> None:
    assert is_rest(call_of("DeletePost", workload, metadata)) is rest


async def test_a_header_of_a_service_changes_no_request() -> None:
    call = call_of("DeletePost", "comment", {**TRANSCODED, "if-match": '"5f1d"'})
    call.request = DeletePostRequest(post_id=POST_ID).SerializeToString()
    await Decode().intercept(call, proceed)
    assert not call.request.etag


async def test_what_is_left_of_a_limit_is_counted_for_rest_alone() -> None:
    limit = RateLimitInterceptor()
    quotas = []
    for metadata in (TRANSCODED, TRANSCODED, {}):
        call = call_of("CreatePost", "edge", metadata)
        await limit.intercept(call, proceed)
        quotas.append(call.quota)
    first, second, third = quotas
    assert first is not None
    assert second is not None
    assert (first.remaining, second.remaining, third) == (59, 58, None)
    assert 0 < first.seconds <= 61
