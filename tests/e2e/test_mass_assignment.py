"""What a client may not decide it does not decide: in bodies, in masks, in any spelling, over REST and gRPC."""

import uuid
from typing import Any
from urllib.parse import quote

import grpc
import pytest
from google.protobuf.json_format import ParseDict
from google.protobuf.message_factory import GetMessageClass

from mesh.status import error_of
from services.cli.rest import RestError, call
from tests.e2e.protected_fields import Writes, forged, writing_rpcs
from tests.e2e.running import Village

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("village"), pytest.mark.timeout(300)]

PASSWORD = "nothing is but what"
WRITES = list(writing_rpcs())
UPDATES = [each for each in WRITES if each.updates]
CREATES = [each for each in WRITES if not each.updates and each.method.name.startswith("Create")]
CHANGEABLE = {"account": "website", "post": "title", "comment": "text"}
GIVEN = {
    "post": {"title": "A title", "body": "A text."},
    "comment": {"authorName": "Somebody", "text": "Words that say what somebody thinks of this post."},
}
BAD_MASKS = ["*", "no_such_field", "", " ", "id.id", "etag", "title.title", "TITLE", "title,*"]
by_name: Any = {"ids": lambda each: each.method.name}


class World:
    """An author with an account, a published post and a comment, all of one's own."""

    def __init__(self, village: Village) -> None:
        self.village, mark = village, uuid.uuid4().hex[:8]
        given = {"username": f"mass-{mark}", "email": f"mass-{mark}@example.com", "password": PASSWORD}
        self.ids = {"account": call(village.url, "/v1/accounts", given).body["id"]}
        admin = village.sign_in("admin", village.password_of_admin())
        call(village.url, f"/v1/accounts/{self.ids['account']}:setRole", {"role": "ROLE_AUTHOR"}, token=admin)
        self.token = village.sign_in(given["username"], PASSWORD)
        post = call(village.url, "/v1/posts", GIVEN["post"], token=self.token).body["id"]
        call(village.url, f"/v1/posts/{post}:publish", {}, token=self.token)
        path = f"/v1/posts/{post}/comments"
        self.ids |= {"post": post, "comment": call(village.url, path, GIVEN["comment"], token=self.token).body["id"]}

    def stored(self, kind: str) -> dict[str, Any]:
        found: dict[str, Any] = call(self.village.url, f"/v1/{kind}s/{self.ids[kind]}", token=self.token).body
        return found

    def patch(self, kind: str, body: Any, mask: str | None) -> str:
        """The reason of a refusal, or ""."""
        query = "" if mask is None else f"?updateMask={quote(mask)}"
        path = f"/v1/{kind}s/{self.ids[kind]}{query}"
        try:
            call(self.village.url, path, body, method="PATCH", token=self.token)
        except RestError as error:
            return error.reason
        return ""

    def update(self, each: Writes, body: Any, paths: list[str] | None) -> str:
        """As `patch`, natively."""
        kind, descriptor = each.resource.name, each.resource.containing_type
        assert descriptor is not None
        request: Any = GetMessageClass(descriptor)()
        ParseDict({**body, "id": self.ids[kind]}, getattr(request, kind))
        if paths is not None:
            request.update_mask.paths.extend(paths)
        target = f"127.0.0.1:{self.village.layout.grpc_door}"
        with grpc.insecure_channel(target) as channel:
            rpc: Any = channel.unary_unary(each.method.path)
            try:
                rpc(request.SerializeToString(), timeout=10, metadata=[("authorization", f"Bearer {self.token}")])
            except grpc.RpcError as error:
                found: Any = error
                reason = error_of(found)
                assert reason is not None, found
                return reason.spec.reason
        return ""


@pytest.fixture(scope="module")
def world(village: Village) -> World:
    return World(village)


def forged_body(each: Writes, *, camel: bool = True) -> dict[str, Any]:
    return {field.json_name if camel else field.name: forged(field) for field in each.protected if field.name != "id"}


def test_every_rpc_that_takes_a_resource_is_tried() -> None:
    assert {each.method.name for each in UPDATES} == {"UpdateAccount", "UpdatePost", "UpdateComment"}
    assert {each.method.name for each in CREATES} == {"CreatePost", "CreateComment"}
    others = {each.method.name for each in WRITES} - {each.method.name for each in [*UPDATES, *CREATES]}
    assert others <= {"Classify"}, others


@pytest.mark.parametrize("each", UPDATES, **by_name)
def test_an_update_without_a_mask_leaves_what_is_not_the_client_s(world: World, each: Writes) -> None:
    kind = each.resource.name
    before = world.stored(kind)
    for camel in (True, False):
        assert world.patch(kind, forged_body(each, camel=camel), None) == ""
        assert world.update(each, forged_body(each, camel=camel), None) == ""
        assert world.update(each, forged_body(each, camel=camel), []) == ""
    assert world.stored(kind) == before


@pytest.mark.parametrize("each", UPDATES, **by_name)
def test_a_mask_that_names_what_is_not_the_client_s_is_refused(world: World, each: Writes) -> None:
    kind, good = each.resource.name, CHANGEABLE[each.resource.name]
    before, body = world.stored(kind), forged_body(each)
    for field in each.protected:
        for paths in ([field.name], [field.json_name], [good, field.name], [f"{kind}.{field.name}"]):
            assert world.update(each, body, paths) == "INVALID_UPDATE_MASK", paths
        for mask in (field.name, field.json_name, f"{good},{field.json_name}"):
            assert world.patch(kind, body, mask) in {"INVALID_UPDATE_MASK", "MALFORMED_REQUEST"}, mask
    assert world.stored(kind) == before


@pytest.mark.parametrize("each", UPDATES, **by_name)
def test_a_mask_that_makes_no_sense_is_refused(world: World, each: Writes) -> None:
    kind = each.resource.name
    before = world.stored(kind)
    for mask in BAD_MASKS:
        assert world.update(each, forged_body(each), mask.split(",")) == "INVALID_UPDATE_MASK", mask
        if mask:
            reason = world.patch(kind, forged_body(each), mask)
            assert reason in {"INVALID_UPDATE_MASK", "MALFORMED_REQUEST"}, mask
    assert world.stored(kind) == before


@pytest.mark.parametrize("each", UPDATES, **by_name)
def test_a_mask_that_names_a_field_twice_changes_it_once_and_nothing_beside(world: World, each: Writes) -> None:
    kind, good = each.resource.name, CHANGEABLE[each.resource.name]
    before = world.stored(kind)
    value = {good: "https://example.com/of-my-own"} if kind == "account" else {good: f"Other words. {uuid.uuid4()}"}
    assert world.update(each, {**forged_body(each), **value}, [good, good]) == ""
    after = world.stored(kind)
    changed = {name for name in before if before[name] != after.get(name)}
    follow = {"etag", "updateTime", "revision", "textHtml", "verdict", "state"}
    assert changed <= {good, *follow}, changed
    assert after[good] == value[good]


@pytest.mark.parametrize("each", CREATES, **by_name)
def test_a_resource_is_not_born_with_what_is_not_the_client_s(world: World, each: Writes) -> None:
    kind = each.resource.name
    path = "/v1/posts" if kind == "post" else f"/v1/posts/{world.ids['post']}/comments"
    for camel in (True, False):
        body = {**forged_body(each, camel=camel), "id": world.ids["account"], **GIVEN[kind]}
        made = call(world.village.url, path, body, token=world.token).body
        for field in each.protected:
            assert made.get(field.json_name) != forged(field) or forged(field) == {}, field.name
        assert made["id"] not in {world.ids["account"], *world.ids.values()}


def test_nobody_registers_as_an_administrator(world: World) -> None:
    mark = uuid.uuid4().hex[:8]
    given = {"username": f"mass-{mark}", "email": f"mass-{mark}@example.com", "password": PASSWORD}
    forgery = {"role": "ROLE_ADMIN", "state": "ACCOUNT_STATE_ACTIVE", "id": world.ids["account"], "etag": "x"}
    made = call(world.village.url, "/v1/accounts", {**forgery, "account": forgery, **given}).body
    assert made["role"] == "ROLE_READER"
    assert made["id"] != world.ids["account"]
