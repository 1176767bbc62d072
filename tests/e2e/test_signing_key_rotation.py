"""The signing key changes while people are signed in, and nobody is thrown out."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.cli.rest import RestError, call
from tests.e2e.running import Village, end, start

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

# Published so long before it signs: longer than anybody relies on a key set.
LEAD, KEY_SET = 4.0, 1
PASSWORD = "every day a comment"


@pytest.fixture
def village(tmp_path: Path) -> Iterator[Village]:
    environment = {
        "HAMLET_ACCOUNT_KEY_LEAD": str(LEAD),
        "HAMLET_ACCOUNT_KEY_RELOAD": "0.5",
        "HAMLET_KEY_SET_SECONDS": str(KEY_SET),
        "HAMLET_EDGE_KEY_SET_SECONDS": str(KEY_SET),
    }
    running = start(tmp_path / "home", "--no-demo", environment=environment)
    yield running
    end(running)


def kid_of(token: str) -> str:
    head = token.split(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"])


def test_old_and_new_tokens_work_while_the_key_changes(village: Village) -> None:
    call(village.url, "/v1/accounts", {"username": "ann", "email": "ann@example.com", "password": PASSWORD})
    session = call(village.url, "/v1/sessions", {"login": "ann", "password": PASSWORD}).body
    failures: list[str] = []
    done, changed = threading.Event(), threading.Event()
    old = str(session["accessToken"])

    def read() -> None:
        while not done.is_set():
            for path in ("/v1/accounts/me", "/v1/posts?authorId=me"):
                try:
                    call(village.url, path, token=old)
                except (OSError, RestError) as error:
                    failures.append(f"{path}: {error}")

    def refresh() -> None:
        refresh_token = str(session["refreshToken"])
        while not done.wait(0.3):
            try:
                answer = call(village.url, "/v1/sessions:refresh", {"refreshToken": refresh_token}).body
                refresh_token, token = str(answer["refreshToken"]), str(answer["accessToken"])
                call(village.url, "/v1/accounts/me", token=token)
                call(village.url, "/v1/posts?authorId=me", token=token)
            except (OSError, RestError) as error:
                failures.append(f"refresh: {error}")
                return
            if kid_of(token) != kid_of(old):
                changed.set()

    people = [threading.Thread(target=work, daemon=True) for work in (read, read, refresh)]
    for person in people:
        person.start()
    admin = village.sign_in("admin", village.password_of_admin())
    rotated = call(village.url, "/v1/signingKeys:rotate", {}, token=admin).body
    published = call(village.url, "/.well-known/jwks.json").body["keys"]
    assert rotated["kid"] in {key["kid"] for key in published}, "published before it signs"
    assert changed.wait(LEAD + 20)
    time.sleep(1.0)  # both kinds of token are in use for a while
    done.set()
    for person in people:
        person.join(20)
    assert failures == []
    assert kid_of(village.sign_in("ann", PASSWORD)) == rotated["kid"]
