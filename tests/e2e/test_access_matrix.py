"""Every RPC, with every kind of person, on every kind of resource: who may not, does not, and learns nothing."""

import json
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

import pytest

from mesh.policy import Access, Role
from services.cli.demo import SPAM
from services.cli.rest import RestError, call
from tests.e2e.access_rules import ALONE, MISSING, Person, Resource, expected, kind_of, request_of
from tests.e2e.contract_walk import Reachable, all_methods, reachable
from tests.e2e.running import Village

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("village"), pytest.mark.timeout(300)]

PASSWORD = "nothing is but what"
REACHABLE = reachable()
AIMED = [each for each in REACHABLE if kind_of(each)]
DENIALS = {"UNAUTHENTICATED", "INVALID_TOKEN", "ROLE_REQUIRED", "NOT_OWNER", "WORKLOAD_NOT_ALLOWED"}
NOT_FOUND = {"POST_NOT_FOUND", "COMMENT_NOT_FOUND", "ACCOUNT_NOT_FOUND"}
by_id: Any = {"ids": lambda each: each.id}


@dataclass(slots=True)
class Cast:
    mark: str
    people: list[Person]
    resources: list[Resource]

    def person(self, name: str) -> Person:
        return next(each for each in self.people if each.name == name)


def test_every_rpc_names_a_resource_or_says_why_it_does_not() -> None:
    names = {each.method.name for each in REACHABLE if not kind_of(each)}
    assert names == set(ALONE)
    beyond = {each.name for each in all_methods()} - {each.method.name for each in REACHABLE}
    assert beyond == {"CreateAdmin", "ClassifyStream"}, "not over REST: see the authorization table"


@pytest.fixture(scope="module")
def cast(village: Village) -> Cast:
    url, mark = village.url, uuid.uuid4().hex[:8]
    admin = village.sign_in("admin", village.password_of_admin())
    people = [Person("nobody", None), Person("admin", Role.ROLE_ADMIN, admin, "")]
    for name in ("reader", "author", "owner", "writer", "moderator", "suspended", "deleted"):
        role = {"author": "AUTHOR", "owner": "AUTHOR", "moderator": "MODERATOR"}.get(name, "READER")
        given = {"username": f"{name}-{mark}", "email": f"{name}-{mark}@example.com", "password": PASSWORD}
        account = call(url, "/v1/accounts", given).body["id"]
        if role != "READER":
            call(url, f"/v1/accounts/{account}:setRole", {"role": f"ROLE_{role}"}, token=admin)
        token = village.sign_in(given["username"], PASSWORD)
        people.append(Person(name, Role.Value(f"ROLE_{role}"), token, account))
    cast = Cast(mark, people, [])
    cast.resources += [MISSING(kind) for kind in ("post", "comment", "account")]
    cast.resources += [Resource("account", "account", cast.person("owner").id, "owner", hidden=False)]
    cast.resources += _posts(url, cast.person("owner").token)
    published = next(each.id for each in cast.resources if each.name == "published")
    cast.resources += _comments(url, published, cast)
    call(url, f"/v1/accounts/{cast.person('suspended').id}:suspend", {}, token=admin)
    call(url, "/v1/accounts/me", method="DELETE", token=cast.person("deleted").token)
    return cast


def _posts(url: str, token: str) -> Iterator[Resource]:
    ways = {"published": ["publish"], "draft": [], "unpublished": ["publish", "unpublish"], "binned": ["publish"]}
    for name, way in ways.items():
        words = f"canary{uuid.uuid4().hex}"
        post = call(url, "/v1/posts", {"title": words, "body": f"Of {words}.", "tags": [words[:20]]}, token=token).body
        for verb in way:
            call(url, f"/v1/posts/{post['id']}:{verb}", {}, token=token)
        if name == "binned":
            call(url, f"/v1/posts/{post['id']}", method="DELETE", token=token)
        yield Resource("post", name, post["id"], "owner", hidden=name != "published", words=words)


def _comments(url: str, post: str, cast: Cast) -> Iterator[Resource]:
    writer, moderator = cast.person("writer").token, cast.person("moderator").token
    for name in ("approved", "rejected", "erased"):
        words = f"canary{uuid.uuid4().hex}"
        text = f"Thank you for this post, it answered a question that I carried around for a year. {words}"
        comment = call(url, f"/v1/posts/{post}/comments", {"text": text}, token=writer).body["id"]
        verb = "reject" if name == "rejected" else "approve"
        call(url, f"/v1/comments/{comment}:{verb}", {}, token=moderator)
        if name == "erased":
            call(url, f"/v1/comments/{comment}", method="DELETE", token=writer)
        yield Resource("comment", name, comment, "writer", hidden=name != "approved", words=words)


def send(village: Village, each: Reachable, path: str, body: Any, person: Person) -> tuple[str, str]:
    """The reason of a refusal, "" without one, and the text of the answer; of a stream its beginning."""
    headers = {"content-type": "application/json"} if each.has_body else {}
    if person.token:
        headers["authorization"] = f"Bearer {person.token}"
    with closing(HTTPConnection("127.0.0.1", village.layout.edge, timeout=20)) as connection:
        connection.request(each.verb, path, json.dumps(body) if each.has_body else None, headers)
        answer = connection.getresponse()
        if each.method.long_lived and answer.status == 200:
            return "", ""
        text = answer.read().decode()
    if answer.status == 200:
        return "", text
    details = json.loads(text)["details"]
    return str(next(detail["reason"] for detail in details if "reason" in detail)), text


def _changes_whatever_the_etag(each: Reachable) -> bool:
    """It would write into the cast's world: whether it may is tried by the tests of its service."""
    return each.method.name in {"CreateComment"}


@pytest.mark.parametrize("each", AIMED, **by_id)
def test_who_may_not_does_not(village: Village, cast: Cast, each: Reachable) -> None:
    tried = 0
    for resource in (found for found in cast.resources if found.kind == kind_of(each)):
        path, body = request_of(each, resource)
        for person in cast.people:
            refusal = expected(each.method, person, resource)
            if not refusal and _changes_whatever_the_etag(each):
                continue
            reason, text = send(village, each, path, body, person)
            where = f"{person.name} on {resource.name}: {reason}"
            tried += 1
            if refusal:
                assert reason == refusal, where
                assert not resource.words or resource.words not in text, where
            else:
                assert reason not in DENIALS, where
                assert reason not in NOT_FOUND or resource.name in {"erased", "binned", "missing"}, where
    assert tried >= len(cast.people)


@pytest.mark.parametrize(
    "each", [each for each in REACHABLE if not kind_of(each) and each.method.access != Access.ACCESS_PUBLIC], **by_id
)
def test_what_needs_a_person_or_a_role_needs_it(village: Village, cast: Cast, each: Reachable) -> None:
    for person in cast.people:
        if refusal := expected(each.method, person, MISSING("post")):
            if refusal == "POST_NOT_FOUND":
                continue
            assert send(village, each, each.path, {}, person)[0] == refusal, person.name


def test_nothing_was_changed_by_all_that(village: Village, cast: Cast) -> None:
    admin = cast.person("admin").token
    for resource in cast.resources:
        if resource.words and resource.name not in {"erased"}:
            found = call(village.url, f"/v1/{resource.kind}s/{resource.id}", token=admin).body
            assert resource.words in json.dumps(found), resource.name
    owner = call(village.url, f"/v1/accounts/{cast.person('owner').id}", token=admin).body
    assert (owner["role"], owner["state"]) == ("ROLE_AUTHOR", "ACCOUNT_STATE_ACTIVE")
    assert owner["displayName"] != "Somebody else"


def _read(village: Village, path: str, person: Person) -> tuple[str, str]:
    try:
        return "", json.dumps(call(village.url, path, token=person.token).body)
    except RestError as error:
        return error.reason, ""


STATES = ("PUBLISHED", "DRAFT", "SCHEDULED", "DELETED")


def test_no_list_search_or_slug_shows_what_is_hidden(village: Village, cast: Cast) -> None:
    hidden = [each for each in cast.resources if each.hidden]
    published = next(each for each in cast.resources if each.name == "published")
    owner = cast.person("owner").id
    paths = [f"/v1/posts?pageSize=100&state=POST_STATE_{state}" for state in STATES]
    paths += [f"/v1/posts?authorId={owner}&pageSize=100&state=POST_STATE_{state}" for state in STATES]
    paths += [f"/v1/posts?tag={each.words[:20]}" for each in hidden]
    paths += [f"/v1/posts:search?query={each.words}" for each in hidden]
    paths += [f"/v1/posts:lookUp?slug={each.words}" for each in hidden]
    paths += [f"/v1/posts/{published.id}/comments?pageSize=100"]
    for person in cast.people:
        for path in paths:
            reason, text = _read(village, path, person)
            assert reason in {"", "UNAUTHENTICATED", "POST_NOT_FOUND"}, path
            for each in hidden:
                assert each.seen_by(person) or each.words not in text, (person.name, path, each.name)


def test_a_watch_shows_what_readers_see_and_nothing_else(village: Village, cast: Cast) -> None:
    post = next(each.id for each in cast.resources if each.name == "published")
    path, writer = f"/v1/posts/{post}/comments", cast.person("writer").token
    secret, public = f"canary{uuid.uuid4().hex}", f"canary{uuid.uuid4().hex}"
    ham = "Thank you for this post, it answered a question that I carried around for a year."
    with closing(HTTPConnection("127.0.0.1", village.layout.edge, timeout=20)) as connection:
        connection.request("GET", f"{path}:watch")
        stream = connection.getresponse()
        seen = [stream.readline()]
        spam = call(village.url, path, {"text": f"{SPAM['text']} {secret}"}, token=writer).body
        assert spam["state"] != "COMMENT_STATE_VISIBLE"
        comment = call(village.url, path, {"text": f"{ham} {public}"}, token=writer).body["id"]
        call(village.url, f"/v1/comments/{comment}:approve", {}, token=cast.person("moderator").token)
        while public.encode() not in seen[-1]:
            seen.append(stream.readline())
            assert seen[-1], "the stream ended"
    assert secret.encode() not in b"".join(seen)


def test_who_was_suspended_or_has_left_gets_no_further(village: Village, cast: Cast) -> None:
    reasons = {}
    for name in ("suspended", "deleted"):
        with pytest.raises(RestError) as caught:
            village.sign_in(f"{name}-{cast.mark}", PASSWORD)
        reasons[name] = caught.value.reason
    assert reasons == {"suspended": "ACCOUNT_SUSPENDED", "deleted": "INVALID_CREDENTIALS"}
