"""One request id is one row and one answer: repeated, all at once, and across a crash."""

import json
import os
import signal
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from services.cli.rest import RestError, call
from tests.e2e.processes import pid_of
from tests.e2e.running import Village, end, start

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

TEXT = "The paragraph about request ids answered a question that I have carried around for a year."
CRASHES = 3


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    running = start(tmp_path_factory.mktemp("request-ids"))
    yield running
    end(running)


@pytest.fixture
def token(village: Village) -> str:
    """A person of the test's own: comments are limited for each."""
    name = f"p{uuid.uuid4().hex[:12]}"
    registered = {"username": name, "email": f"{name}@example.com", "password": "every day a comment"}
    call(village.url, "/v1/accounts", registered)
    return village.sign_in(name, "every day a comment")


@pytest.fixture
def post(village: Village) -> str:
    return str(call(village.url, "/v1/posts").body["posts"][0]["id"])


def comment(village: Village, post: str, token: str, request_id: str, text: str = TEXT) -> str:
    """The answer's body as it came, keys in order."""
    path = f"/v1/posts/{post}/comments?requestId={request_id}"
    return json.dumps(call(village.url, path, {"text": text}, token=token).body, sort_keys=True)


def until_answered(village: Village, post: str, token: str, request_id: str) -> str:
    deadline = time.monotonic() + 30
    while True:
        try:
            return comment(village, post, token, request_id)
        except (OSError, RestError):
            assert time.monotonic() < deadline, "nobody answers any more"
            time.sleep(0.05)


def mine(village: Village, post: str, token: str) -> list[dict[str, Any]]:
    """All comments of the token's person under the post."""
    me = call(village.url, "/v1/accounts/me", token=token).body["id"]
    found: list[dict[str, Any]] = []
    page = ""
    while True:
        answer = call(village.url, f"/v1/posts/{post}/comments?pageSize=100&pageToken={page}", token=token).body
        found += [each for each in answer["comments"] if each["authorId"] == me]
        page = answer["nextPageToken"]
        if not page:
            return found


def test_five_times_is_one_row_and_one_answer(village: Village, post: str, token: str) -> None:
    request_id = str(uuid.uuid4())
    answers = {comment(village, post, token, request_id) for _ in range(5)}
    assert len(answers) == 1
    assert len(mine(village, post, token)) == 1


def test_twenty_at_once_is_one_row_and_one_answer(village: Village, post: str, token: str) -> None:
    request_id = str(uuid.uuid4())
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: until_answered(village, post, token, request_id), range(20)))
    assert len(set(answers)) == 1
    assert len(mine(village, post, token)) == 1


def test_the_same_id_with_other_words_is_refused(village: Village, post: str, token: str) -> None:
    request_id = str(uuid.uuid4())
    comment(village, post, token, request_id)
    with pytest.raises(RestError, match="REQUEST_ID_REUSED"):
        comment(village, post, token, request_id, "Something else altogether, though under the same id as before.")


def test_a_crash_between_commit_and_reply_is_one_row_and_one_answer(village: Village, post: str, token: str) -> None:
    ids = [str(uuid.uuid4()) for _ in range(CRASHES * 4)]
    with ThreadPoolExecutor(4) as threads:
        for crash in range(CRASHES):
            asked = [
                threads.submit(until_answered, village, post, token, each) for each in ids[crash * 4 : crash * 4 + 4]
            ]
            time.sleep(0.01 * (crash + 1))  # somewhere between the request and its answer
            os.kill(pid_of(village.layout, "comment"), signal.SIGKILL)
            first = [each.result() for each in asked]
            again = [until_answered(village, post, token, each) for each in ids[crash * 4 : crash * 4 + 4]]
            assert again == first
    assert len(mine(village, post, token)) == len(ids)
