"""What looks like SQL is a value like any other: in every string field of every RPC, in paths, queries and bodies."""

import http.client
import json
import uuid
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote

import pytest
from google.api import annotations_pb2
from google.protobuf.descriptor import FieldDescriptor

from services.cli.rest import call
from tests.e2e.contract_walk import NOBODY, Reachable, reachable
from tests.e2e.running import Village

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("village"), pytest.mark.timeout(300)]

PAYLOADS = [
    "' OR '1'='1",
    '" OR ""="',
    "1; DROP TABLE posts; --",
    "' UNION SELECT password_hash FROM accounts --",
    "%' ESCAPE '\\' OR 1=1 --",
    "\\'; SELECT pg_sleep(5); --",
    "title DESC, (SELECT 1/0)",
    "') OR EXISTS(SELECT 1 FROM signing_keys) AND ('x'='x",
    '* NEAR("a" "b") OR title:*',
]
WRITES = {"Register", "CreatePost", "CreateComment"}
"""These keep what they are sent; see below."""
SIGN_IN = {"SignIn"}
"""Counts wrong passwords by address; see below."""
by_id: Any = {"ids": lambda each: each.id}


def strings(each: Reachable) -> Iterator[tuple[str, ...]]:
    """JSON paths of the request's string fields, also of a resource in it."""
    assert each.method.descriptor is not None
    for field in each.method.descriptor.input_type.fields:
        if field.type == FieldDescriptor.TYPE_STRING:
            yield (field.json_name,)
        elif field.message_type is not None and not field.is_repeated:
            inner = (one for one in field.message_type.fields if one.type == FieldDescriptor.TYPE_STRING)
            yield from ((field.json_name, one.json_name) for one in inner)


PROBED = [each for each in reachable() if not each.method.long_lived and each.method.name not in WRITES | SIGN_IN]
PROBED = [each for each in PROBED if any(True for _ in strings(each))]


class Door:
    """One kept connection to the front door."""

    def __init__(self, village: Village, token: str, source: str = "127.0.0.1") -> None:
        self._token = token
        self._connection = http.client.HTTPConnection(
            "127.0.0.1", village.layout.edge, timeout=20, source_address=(source, 0)
        )

    def close(self) -> None:
        self._connection.close()

    def ask(self, verb: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"authorization": f"Bearer {self._token}"} if self._token else {}
        data = None if body is None else json.dumps(body)
        if data is not None:
            headers["content-type"] = "application/json"
        self._connection.request(verb, path, data, headers)
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")


@pytest.fixture(scope="module")
def admin(village: Village) -> str:
    return village.sign_in("admin", village.password_of_admin())


def probe(each: Reachable, place: tuple[str, ...], payload: str) -> tuple[str, str, Any]:
    """Verb, path and body with the payload in one place."""
    assert each.method.descriptor is not None
    rule = each.method.descriptor.GetOptions().Extensions[annotations_pb2.http]
    template = str(getattr(rule, each.verb.lower()))
    snake = ".".join(_snake(part) for part in place)
    if f"{{{snake}}}" in template:
        path = template.replace(f"{{{snake}}}", quote(payload, safe="")).replace("{revision}", "1")
        return each.verb, path, {} if each.has_body else None
    if not each.has_body or (rule.body != "*" and place[0] != rule.body):
        return each.verb, f"{each.path}?{'.'.join(place)}={quote(payload, safe='')}", {} if each.has_body else None
    if rule.body != "*":
        return each.verb, each.path, {place[-1]: payload}
    return each.verb, each.path, {place[0]: payload} if len(place) == 1 else {place[0]: {place[1]: payload}}


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


@pytest.mark.parametrize("each", PROBED, **by_id)
def test_no_string_is_taken_for_a_statement(village: Village, admin: str, each: Reachable) -> None:
    with closing(Door(village, admin)) as door:
        for place in strings(each):
            for payload in PAYLOADS:
                status, answer = door.ask(*probe(each, place, payload))
                assert status in {200, 307, 400, 404, 412, 429, 401}, (place, payload, answer)
                text = json.dumps(answer)
                assert "argon2" not in text, (place, payload)
                assert "sql" not in text.lower().replace(json.dumps(payload).lower(), ""), (place, payload)


def test_a_filter_that_says_true_selects_no_more_than_one_that_says_false(village: Village, admin: str) -> None:
    with closing(Door(village, admin)) as door:
        for path in ("/v1/posts?tag=", "/v1/posts:search?query=", "/v1/posts:lookUp?slug=", "/v1/posts?pageToken="):
            for true, false in (("x' OR '1'='1", "x' OR '1'='2"), ('x" OR 1=1 --', 'x" OR 1=2 --'), ("x%", "x_")):
                found = [door.ask("GET", path + quote(each, safe="")) for each in (true, false)]
                assert found[0][0] == found[1][0], (path, true)
                assert not any(answer.get("posts") for _, answer in found), (path, true)


def test_a_login_that_looks_like_sql_is_a_wrong_one(village: Village) -> None:
    for number, payload in enumerate(PAYLOADS):
        login = payload if number % 2 else f"admin{payload}"
        with closing(Door(village, "", f"127.3.0.{number + 1}")) as door:
            status, answer = door.ask("POST", "/v1/sessions", {"login": login, "password": payload})
        assert (status, answer["details"][0]["reason"]) == (401, "INVALID_CREDENTIALS"), login


def test_what_looks_like_sql_is_kept_to_the_letter(village: Village, admin: str) -> None:
    before = call(village.url, "/v1/posts", token=admin).body["posts"]
    with closing(Door(village, admin)) as door:
        for payload in PAYLOADS:
            title = f"{payload} {uuid.uuid4().hex[:6]}"
            status, post = door.ask("POST", "/v1/posts", {"title": title, "body": payload})
            assert (status, post["title"], post["body"]) == (200, title, payload)
            assert door.ask("GET", f"/v1/posts/{post['id']}")[1]["title"] == title
            assert door.ask("DELETE", f"/v1/posts/{post['id']}")[0] == 200
    assert call(village.url, "/v1/posts", token=admin).body["posts"] == before
    assert NOBODY not in {each["id"] for each in before}
