"""What HTTP reads from the contracts: which calls compare a state, take a key, are resumed, are paged."""

import pytest

from mesh.http.shape import Shape, shape_of
from mesh.policy import Method
from tests.e2e.contract_walk import all_methods

REST = {method.name: shape_of(method) for method in all_methods() if shape_of(method).path}
STATELESS = {
    "Register": "makes a new one",
    "CreatePost": "makes a new one",
    "CreateComment": "makes a new one",
    "ChangePassword": "asks for the old password",
    "SignIn": "no resource",
    "RefreshSession": "no resource",
    "SignOut": "no resource",
    "RotateSigningKey": "no resource",
}
"""Mutations that compare no etag, and why."""


def names(wanted: str) -> set[str]:
    return {name for name, shape in REST.items() if getattr(shape, wanted)}


def test_every_change_of_what_has_an_etag_can_be_made_conditional() -> None:
    changes = {name for name, shape in REST.items() if not shape.reads}
    assert changes - names("etag") == set(STATELESS)


def test_an_etag_in_a_resource_counts_only_where_the_path_says_which_one_it_is() -> None:
    assert {name: REST[name].etag for name in ("UpdatePost", "UpdateAccount", "UpdateComment", "CreatePost")} == {
        "UpdatePost": ("post", "etag"),
        "UpdateAccount": ("account", "etag"),
        "UpdateComment": ("comment", "etag"),
        "CreatePost": (),
    }


def test_keys_and_tokens_are_taken_where_the_request_has_a_field_for_them() -> None:
    assert names("takes_request_id") == {"Register", "CreatePost", "CreateComment"}
    assert names("takes_resume_token") == {"WatchComments"}


def test_every_list_is_linked() -> None:
    assert names("paged") == {
        "ListAccounts",
        "ListComments",
        "ListHeldComments",
        "ListPostRevisions",
        "ListPosts",
        "SearchPosts",
    }


@pytest.mark.parametrize("name", sorted(name for name, shape in REST.items() if shape.paged))
def test_what_a_link_repeats_is_flat(name: str) -> None:
    [method] = [each for each in all_methods() if each.name == name]
    assert method.descriptor is not None
    for field in method.descriptor.input_type.fields:
        assert not field.is_repeated
        assert field.message_type is None


def test_a_cached_answer_is_found_by_the_resources_that_it_shows() -> None:
    assert REST["GetPost"].resource == "post"
    assert REST["ListComments"].parents == (("post", "post_id"),)
    assert REST["ListPosts"].parents == (("author", "author_id"),)


def test_a_shape_is_read_once(some_method: Method) -> None:
    assert shape_of(some_method) is shape_of(some_method)
    assert isinstance(shape_of(some_method), Shape)


@pytest.fixture
def some_method() -> Method:
    return next(iter(all_methods()))
