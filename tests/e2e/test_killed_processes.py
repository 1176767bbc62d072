"""kill -9 of each process in turn while people comment: whatever was acknowledged is there afterwards, and judged."""

import itertools
import os
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.cli.rest import RestError, call
from tests.e2e.processes import pid_of
from tests.e2e.running import Village, end, start

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

PROCESSES = ("account", "blog", "comment", "spam", "edge", "traces")
ACKNOWLEDGED_BETWEEN_KILLS = 6
WRITERS = 4


@pytest.fixture
def village(tmp_path: Path) -> Iterator[Village]:
    running = start(tmp_path / "home")
    yield running
    end(running)


class Writer(threading.Thread):
    """Writes comments one after the other. What fails is sent again with its request id until answered."""

    def __init__(self, village: Village, post: str, token: str, name: str, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._url, self._post, self._token, self._author, self._stop_asked = village.url, post, token, name, stop
        self.acknowledged: list[str] = []

    def run(self) -> None:
        for number in itertools.count():
            path = f"/v1/posts/{self._post}/comments?requestId={uuid.uuid4()}"
            said = {"text": f"{self._author} says for the {number}th time that this post was well worth the reading."}
            while not self._stop_asked.is_set():
                try:
                    self.acknowledged.append(call(self._url, path, said, token=self._token).body["id"])
                except (OSError, RestError):
                    self._stop_asked.wait(0.1)
                else:
                    break
            if self._stop_asked.is_set():
                return
            self._stop_asked.wait(0.25)


def test_every_acknowledged_comment_is_there_and_judged(village: Village) -> None:
    post = call(village.url, "/v1/posts").body["posts"][0]["id"]
    stop = threading.Event()
    writers = [Writer(village, post, _token(village, name), name, stop) for name in ("ann", "bob", "cat", "dan")]
    for writer in writers:
        writer.start()
    for name in PROCESSES:
        _wait_for_more(writers)
        os.kill(pid_of(village.layout, name), signal.SIGKILL)
    _wait_for_more(writers)
    stop.set()
    for writer in writers:
        writer.join(30)

    acknowledged = [comment for writer in writers for comment in writer.acknowledged]
    assert len(acknowledged) == len(set(acknowledged))
    admin = village.sign_in("admin", village.password_of_admin())
    for comment in acknowledged:
        assert _judged(village.url, comment, admin)["verdict"]["modelVersion"]


def _wait_for_more(writers: list[Writer]) -> None:
    """Until each writer has been answered a few times more."""
    goals = {writer: len(writer.acknowledged) + ACKNOWLEDGED_BETWEEN_KILLS // 2 for writer in writers}
    deadline = time.monotonic() + 60
    while any(len(writer.acknowledged) < goal for writer, goal in goals.items()):
        assert time.monotonic() < deadline, "nobody answers any more"
        time.sleep(0.05)


def _judged(url: str, comment: str, admin: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while True:
        found: dict[str, Any] = call(url, f"/v1/comments/{comment}", token=admin).body
        if found["state"] != "COMMENT_STATE_PENDING":
            return found
        assert time.monotonic() < deadline, "never judged"
        time.sleep(0.1)


def _token(village: Village, name: str) -> str:
    password = "every day a comment"
    call(village.url, "/v1/accounts", {"username": name, "email": f"{name}@example.com", "password": password})
    return village.sign_in(name, password)
