"""The tree of REST paths is the contracts' own, and says which methods a path takes."""

import re
from typing import Any

import pytest
from google.api import annotations_pb2, http_pb2
from google.protobuf.descriptor_pb2 import MethodOptions
from hamlet.account.v1 import account_service_pb2
from hamlet.blog.v1 import post_service_pb2
from hamlet.comment.v1 import comment_service_pb2

from mesh.edge import EdgeService
from mesh.edge.exposure import PublicMethod, public_methods
from mesh.edge.rest_paths import ANY, VERBS, plain_reads, rest_paths


def contracts() -> list[PublicMethod]:
    modules: tuple[Any, ...] = (account_service_pb2, post_service_pb2)
    services = [service for module in modules for service in module.DESCRIPTOR.services_by_name.values()]
    return list(public_methods([EdgeService(service, "one") for service in services]))


def test_a_path_has_the_methods_of_all_rpcs_that_stand_there_and_each_verb_its_own() -> None:
    account = rest_paths(contracts())["v1"]["accounts"][ANY][VERBS]
    assert account[""] == "DELETE, GET, HEAD, PATCH"
    assert account["changePassword"] == "POST"


def test_a_page_is_read() -> None:
    assert rest_paths([], ["/docs"]) == {"docs": {VERBS: {"": "GET, HEAD"}}}


class Planted:
    """A method with one REST path."""

    path = "/planted.v1.PlantedService/Do"

    def __init__(self, **rule: Any) -> None:
        self._options = MethodOptions()
        self._options.Extensions[annotations_pb2.http].MergeFrom(http_pb2.HttpRule(**rule))
        self.descriptor = self

    def GetOptions(self) -> MethodOptions:
        return self._options


@pytest.mark.parametrize(
    "rule",
    [
        {"get": "/v1/{name=posts/*}"},
        {"get": "/v1/**"},
        {"get": '/v1/"quoted"'},
        {"get": "no/slash"},
        {"custom": {"kind": "HEAD", "path": "/v1/posts"}},
    ],
)
def test_a_path_that_cannot_be_read_is_refused_when_the_edge_is_rendered(rule: dict[str, Any]) -> None:
    planted: Any = PublicMethod(Planted(**rule), "one", server_streaming=False)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="path"):
        rest_paths([planted])


def test_a_plain_read_is_a_get_of_one_message_with_whatever_query() -> None:
    services = comment_service_pb2.DESCRIPTOR.services_by_name.values()
    plain = re.compile(plain_reads([*contracts(), *public_methods([EdgeService(each, "one") for each in services])]))
    for path in ("/v1/accounts/me", "/v1/posts/a-post/comments?pageSize=3", "/v1/comments/some-id?"):
        assert plain.fullmatch(path), path
    for path in ("/v1/posts/a-post/comments:watch", "/v1/posts/a:b/comments", "/v1/posts//comments", "/v1/no"):
        assert not plain.fullmatch(path), path
