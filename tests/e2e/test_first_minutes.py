"""What a newcomer sees: one command, two verdicts, a trace; and nothing lost or left behind afterwards."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from services.cli.rest import call
from tests.e2e.running import Village, end, start

BIN = Path(sys.executable).parent
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("village"), pytest.mark.timeout(300)]


def test_it_prints_urls_both_verdicts_and_the_way_of_a_comment(village: Village) -> None:
    output = village.output
    assert village.url in output
    assert "HAM " in output
    assert "SPAM " in output
    tree = output.split("The way of the second comment")[1]
    for step in ("edge", "comment", "blog", "spam", "batch"):
        assert step in tree


def test_register_publish_comment_read(village: Village) -> None:
    url = village.url
    yorick = {"username": "yorick", "email": "yorick@example.com", "password": "where be your gibes"}
    account = call(url, "/v1/accounts", yorick).body
    admin = village.sign_in("admin", village.password_of_admin())
    call(url, f"/v1/accounts/{account['id']}:setRole", {"role": "ROLE_AUTHOR"}, token=admin)
    token = village.sign_in("yorick", "where be your gibes")

    post = call(url, "/v1/posts", {"title": "Infinite jest", "body": "Where be your **gibes** now?"}, token=token).body
    call(url, f"/v1/posts/{post['id']}:publish", {}, token=token)
    said = {"authorName": "Horatio", "text": "I have read this twice and I still laugh at the end of it, thank you."}
    comment = call(url, f"/v1/posts/{post['id']}/comments", said).body

    assert comment["state"] == "COMMENT_STATE_VISIBLE"
    assert "<strong>gibes</strong>" in call(url, f"/v1/posts/{post['id']}").body["bodyHtml"]
    comments = call(url, f"/v1/posts/{post['id']}/comments").body["comments"]
    assert [each["id"] for each in comments] == [comment["id"]]


def test_an_operator_calls_a_service_by_reflection_as_the_readme_says(village: Village) -> None:
    identity = ["--cacert", "ca.crt", "--cert", "tls.crt", "--key", "tls.key", "--servername", "spam.hamlet.internal"]
    port = village.layout.grpc["spam"]
    command: list[str | Path] = [
        BIN / "buf",
        "curl",
        *identity,
        "--protocol",
        "grpc",
        f"https://127.0.0.1:{port}",
        "--list-methods",
    ]
    folder = village.home / "certs" / "operator"
    listed = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=60).stdout
    assert "hamlet.spam.v1.SpamService/Classify" in listed.split()


@pytest.mark.parametrize("command", [["check"], ["trace"], ["certs", "show"], ["db", "upgrade"]])
def test_the_operator_s_commands_answer(village: Village, command: list[str]) -> None:
    environment = {**os.environ, "HAMLET_HOME": str(village.home)}
    run: list[str | Path] = [BIN / "hamlet", *command]
    done = subprocess.run(run, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout


def test_a_second_start_is_quick_and_has_lost_nothing(tmp_path: Path) -> None:
    first = start(tmp_path / "home")
    children = _descendants(first.process.pid)
    posts = call(first.url, "/v1/posts").body["posts"]
    assert first.stop() == 0
    assert children
    assert not [pid for pid in children if _alive(pid)]

    began = time.monotonic()
    second = start(tmp_path / "home")
    took = time.monotonic() - began
    try:
        assert call(second.url, "/v1/posts").body["posts"] == posts
        assert "password" not in second.output
        assert took < 30, "far beyond the ten seconds that bench/ measures"
    finally:
        end(second)


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found += [int(child), *_descendants(int(child))]
    return found


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
