"""A village of its own for a benchmark: `hamlet up` on free ports with a fresh home, ended with the block."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.cli.demo import DemoAccount
from services.cli.layout import Layout
from services.cli.rest import call

__all__ = ["BenchVillage", "village"]

_READY = "Ctrl-C or `hamlet down` ends it"
_START_SECONDS = 90.0
_POST = {
    "title": "Something that everybody reads today",
    "body": "Words, words, **words**. " * 60,
    "tags": ["viral"],
}


@dataclass(frozen=True, slots=True)
class BenchVillage:
    """A running village and its demo author, who may write posts."""

    home: Path
    layout: Layout
    author: DemoAccount

    @property
    def url(self) -> str:
        return self.layout.url

    def token(self) -> str:
        """A fresh access token of the author; good for some minutes."""
        return str(self.author.sign_in(self.url).body["accessToken"])

    def publish(self) -> str:
        """A new post that is open for comments; returns its id."""
        token = self.token()
        post: dict[str, Any] = call(self.url, "/v1/posts", _POST, token=token).body
        call(self.url, f"/v1/posts/{post['id']}:publish", {}, token=token)
        return str(post["id"])


@contextmanager
def village(environment: Mapping[str, str]) -> Iterator[BenchVillage]:
    """Starts a village, waits until it is healthy, and ends it.

    Raises:
        RuntimeError: it did not start; the text is what it printed.
    """
    with tempfile.TemporaryDirectory(prefix="hamlet-bench-") as folder:
        home, log = Path(folder), Path(folder) / "up.txt"
        process = _start(home, log, environment)
        try:
            _wait(process, log)
            yield BenchVillage(home, Layout.load(home), DemoAccount.kept_in(home))
        finally:
            process.terminate()
            process.wait(90)


def _start(home: Path, log: Path, environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HAMLET_", "OTEL_"))}
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "services.cli.main", "up", "--port", "0"],
            env={**inherited, "HAMLET_HOME": str(home), **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait(process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while _READY not in log.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(log.read_text())
        time.sleep(0.1)
