"""Which requests the cache answers follows from the contracts; hypothesis looks for one that it should not."""

import re
from urllib.parse import parse_qsl, quote

import pytest
from google.protobuf import json_format
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given
from hypothesis import strategies as st

from mesh.edge.cache import CachedRoute, cached_routes
from mesh.edge.exposure import public_methods
from mesh.policy import EdgeCache
from mesh.settings import MeshSettings
from services.cli.edge import village

METHODS = list(public_methods(village(MeshSettings()).services))
ROUTES = {route.rpc.rpartition("/")[2]: route for route in cached_routes(METHODS)}
LIST = ROUTES["ListPosts"]
INPUT: MethodDescriptor = next(m.method.descriptor for m in METHODS if m.method.name == "ListPosts")  # type: ignore[assignment]


def admits(route: CachedRoute, path: str, query: str) -> bool:
    """As nginx asks: its map's subject is path, space, query."""
    return re.fullmatch(f"{route.path} {route.query}", f"{path} {query}", re.DOTALL) is not None


def test_every_rpc_that_the_contract_marks_is_cached_and_no_other() -> None:
    marked = {public.method.name for public in METHODS if public.method.edge_cache is not None}
    assert set(ROUTES) == marked
    assert "GetPost" in marked
    assert "CreateComment" not in marked


@pytest.mark.parametrize("path", ["/v1/posts/a", "/v1/posts/0190-aZ._~"])
def test_a_path_of_plain_characters_is_admitted(path: str) -> None:
    assert admits(ROUTES["GetPost"], path, "")


@pytest.mark.parametrize(
    "path",
    ["/v1/posts/", "/v1/posts/a/b", "/v1/posts/..", "/v1/posts/.", "/v1/posts/a:b", "/v1/posts/a b", "/v1/posts/é"],
)
def test_any_other_is_not(path: str) -> None:
    assert not admits(ROUTES["GetPost"], path, "")


@given(st.text(alphabet="ptagesiz_PST=&%20aA+;.-/?é\n ", max_size=40))
def test_a_query_that_is_admitted_means_one_thing(query: str) -> None:
    """What is admitted is a message of the RPC's request type, each field named once, every value in one spelling."""
    if not admits(LIST, "/v1/posts", query):
        return
    pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    fields = [
        INPUT.input_type.fields_by_camelcase_name.get(name, INPUT.input_type.fields_by_name.get(name))
        for name, _ in pairs
    ]
    assert None not in fields
    assert len(set(fields)) == len(fields)
    json_format.ParseDict(dict(pairs), GetMessageClass(INPUT.input_type)())
    assert "&".join(f"{name}={quote(value, safe='~')}" for name, value in pairs) == query


@given(
    st.permutations(["pageSize=20", "page_token=a%20b", "author_id=x", "tag=y", "state=POST_STATE_DRAFT"]),
    st.integers(0, 5),
)
def test_declared_parameters_are_admitted_in_any_order_and_number(pairs: list[str], number: int) -> None:
    assert admits(LIST, "/v1/posts", "&".join(pairs[:number]))


@given(st.sampled_from(["pageSize", "tag"]), st.integers(2, 2000))
def test_a_flood_of_one_parameter_is_refused_at_once(name: str, times: int) -> None:
    assert not admits(LIST, "/v1/posts", "&".join([f"{name}=1"] * times))


def test_nginx_cannot_keep_for_half_a_second_and_says_so() -> None:
    half = CachedRoute("a.A/B", "/a", (), EdgeCache(0.5, 1), 1.0)
    with pytest.raises(ValueError, match="whole seconds"):
        _ = half.fresh_seconds
