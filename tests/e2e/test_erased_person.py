"""Whoever deletes their account is gone from every file that the village keeps, logs and traces included."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.cli.rest import RestError, call
from tests.e2e.running import Village, end, start

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

NAME, USERNAME, EMAIL = "Quixotina Zephyrwell", "zephyrwell", "quixotina@zephyrwell.example"
PASSWORD = "vermilion-otter-cathedral"
TITLE, BODY, EDITED = "Obsidian marmalade", "Periwinkle trombones at dawn.", "Cerulean accordions at dusk."
COMMENT = "A tangerine lighthouse told me that this post was worth the whole voyage and I agree with it."
TELLING = (
    NAME,
    "Zephyrwell",
    USERNAME,
    EMAIL,
    PASSWORD,
    "marmalade",
    "trombones",
    "accordions",
    "tangerine lighthouse",
)


@pytest.fixture
def village(tmp_path: Path) -> Iterator[Village]:
    running = start(tmp_path / "home")
    yield running
    end(running)


def test_nothing_that_leads_to_an_erased_person_is_left_in_any_file(village: Village) -> None:
    url = village.url
    registered = {"username": USERNAME, "email": EMAIL, "password": PASSWORD, "displayName": NAME}
    account = call(url, "/v1/accounts", registered).body["id"]
    admin = village.sign_in("admin", village.password_of_admin())
    call(url, f"/v1/accounts/{account}:setRole", {"role": "ROLE_AUTHOR"}, token=admin)
    token = village.sign_in(EMAIL, PASSWORD)
    with pytest.raises(RestError):
        village.sign_in(EMAIL, "wrong-" + PASSWORD)
    post = call(url, "/v1/posts", {"title": TITLE, "body": BODY}, token=token).body["id"]
    call(url, f"/v1/posts/{post}?updateMask=body", {"body": EDITED}, method="PATCH", token=token)
    call(url, f"/v1/posts/{post}:publish", {}, token=token)
    elsewhere = next(each["id"] for each in call(url, "/v1/posts").body["posts"] if each["id"] != post)
    for target in (post, elsewhere):
        comment = call(url, f"/v1/posts/{target}/comments", {"text": COMMENT}, token=token).body["id"]
        call(url, f"/v1/comments/{comment}?updateMask=text", {"text": COMMENT + "!"}, method="PATCH", token=token)
    assert _files_with(village.home, "trombones"), "the search finds what is there"

    assert call(url, f"/v1/accounts/{account}", method="DELETE", token=token).status == 200

    deadline = time.monotonic() + 40
    while left := _files_with(village.home, *TELLING):
        assert time.monotonic() < deadline, left
        time.sleep(0.2)
    with pytest.raises(RestError, match="INVALID_CREDENTIALS"):
        village.sign_in(EMAIL, PASSWORD)
    with pytest.raises(RestError, match="POST_NOT_FOUND"):
        call(url, f"/v1/posts/{post}")


def test_secrets_are_in_no_log_and_no_trace(village: Village) -> None:
    call(village.url, "/v1/accounts", {"username": USERNAME, "email": EMAIL, "password": PASSWORD})
    session = call(village.url, "/v1/sessions", {"login": EMAIL, "password": PASSWORD}).body
    call(village.url, "/v1/sessions:refresh", {"refreshToken": session["refreshToken"]})
    with pytest.raises(RestError):
        call(village.url, "/v1/sessions:refresh", {"refreshToken": session["refreshToken"]})
    with pytest.raises(RestError):
        call(village.url, "/v1/accounts/me", token=session["accessToken"] + "x")
    village.stop()
    secrets = (PASSWORD, EMAIL, session["accessToken"], session["refreshToken"])
    assert _files_with(village.home / "log", *secrets) == {}
    assert _files_with(village.home / "traces", *secrets) == {}


def _files_with(folder: Path, *words: str) -> dict[str, list[str]]:
    """Files below `folder` that hold one of the words, and which."""
    found: dict[str, list[str]] = {}
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_socket():
            data = path.read_bytes()
            if held := [word for word in words if word.encode() in data]:
                found[str(path.relative_to(folder))] = held
    return found
