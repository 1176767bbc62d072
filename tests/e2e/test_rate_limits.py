"""A caller gets what the contract allows, to the call, through the real edge; nobody gets more by posing as another."""

import http.client
import json
import uuid
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import pytest

from services.cli.rest import call
from tests.e2e.contract_walk import all_methods
from tests.e2e.running import Village

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("village"), pytest.mark.timeout(180)]

PASSWORD = "nothing is but what"
SIGN_OUT, BATCH = "/v1/sessions:signOut", "/v1/spam:classifyBatch"


def limit_of(name: str) -> int:
    limit = next(each.rate_limit for each in all_methods() if each.name == name)
    assert limit is not None
    return limit.calls


def calls(
    village: Village, source: str, times: int, path: str, body: Any, headers: Mapping[str, str] | None = None
) -> list[tuple[int, dict[str, Any]]]:
    """The answers to `times` POSTs that come from the loopback's address `source`. A `#` in a header is the number."""
    answers = []
    with closing(
        http.client.HTTPConnection("127.0.0.1", village.layout.edge, timeout=20, source_address=(source, 0))
    ) as connection:
        for number in range(times):
            sent = {name: value.replace("#", str(number % 250 + 1)) for name, value in (headers or {}).items()}
            connection.request("POST", path, json.dumps(body), {"content-type": "application/json", **sent})
            answer = connection.getresponse()
            answers.append((answer.status, json.loads(answer.read())))
    return answers


def admitted(answers: list[tuple[int, dict[str, Any]]]) -> int:
    assert {status for status, _ in answers} <= {200, 429}
    return sum(status == 200 for status, _ in answers)


@pytest.mark.parametrize(
    ("source", "headers"),
    [
        ("127.1.0.1", {}),
        ("127.1.0.2", {"x-forwarded-for": "198.51.100.#"}),
        ("127.1.0.3", {"x-forwarded-for": "198.51.100.#, 203.0.113.#", "x-envoy-external-address": "198.51.100.#"}),
        ("127.1.0.4", {"forwarded": "for=198.51.100.#", "x-real-ip": "198.51.100.#", "true-client-ip": "192.0.2.#"}),
        ("127.1.0.5", {"x-forwarded-for": "2001:db8:#::1", "user-agent": "browser #", "x-request-id": "#"}),
    ],
    ids=["plain", "X-Forwarded-For", "what Envoy itself sets", "other names", "many at once"],
)
def test_an_address_gets_its_limit_whatever_it_claims_to_be(
    village: Village, source: str, headers: dict[str, str]
) -> None:
    limit = limit_of("SignOut")
    answers = calls(village, source, limit + 20, SIGN_OUT, {"refreshToken": "of nobody"}, headers)
    assert admitted(answers) == limit
    details = answers[-1][1]["details"]
    assert "RATE_LIMITED" in {each.get("reason") for each in details}
    (wait,) = (each["retryDelay"] for each in details if "retryDelay" in each)
    assert 0 < float(wait.removesuffix("s")) <= 60


def test_one_address_takes_nothing_from_another(village: Village) -> None:
    limit = limit_of("SignOut")
    calls(village, "127.1.1.1", limit + 5, SIGN_OUT, {"refreshToken": "of nobody"})
    assert admitted(calls(village, "127.1.1.2", limit, SIGN_OUT, {"refreshToken": "of nobody"})) == limit


def test_a_person_has_one_limit_from_everywhere_and_takes_nothing_from_others(village: Village) -> None:
    tokens = []
    for _ in range(2):
        name = f"rate-{uuid.uuid4().hex[:10]}"
        given = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
        call(village.url, "/v1/accounts", given)
        tokens.append(village.sign_in(name, PASSWORD))
    limit, body = limit_of("ClassifyBatch"), {"comments": [{"text": "What a post."}]}
    greedy, modest = ({"authorization": f"Bearer {token}"} for token in tokens)
    found = []
    for place in range(4):
        found += calls(village, f"127.1.2.{place + 1}", limit // 4 + 3, BATCH, body, greedy)
    assert admitted(found) == limit
    assert admitted(calls(village, "127.1.2.1", limit, BATCH, body, modest)) == limit
