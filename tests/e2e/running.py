"""The whole village, as `hamlet up` starts it: real processes, real Envoy, a fresh home folder."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.cli.layout import Layout, NotRunningError
from services.cli.rest import call

READY = "Ctrl-C or `hamlet down` ends it"
START_SECONDS = 90.0


@dataclass(slots=True)
class Village:
    """A running village; `output` is what `hamlet up` has printed so far."""

    home: Path
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def layout(self) -> Layout:
        return Layout.load(self.home)

    @property
    def url(self) -> str:
        return self.layout.url

    @property
    def output(self) -> str:
        return self.log.read_text()

    def password_of_admin(self) -> str:
        """Printed at the first start."""
        words = self.output.split("password")[1].split()
        return words[0]

    def sign_in(self, login: str, password: str) -> str:
        return str(call(self.url, "/v1/sessions", {"login": login, "password": password}).body["accessToken"])

    def stop(self) -> int:
        """Ctrl-C, and the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)


def start(home: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Village:
    """Starts a village and waits until it says that it is ready.

    Raises:
        AssertionError: it ended or took too long; the text is what it printed.
    """
    home.mkdir(parents=True, exist_ok=True)
    log = home / f"up-{time.monotonic_ns()}.txt"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HAMLET_", "OTEL_"))}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.cli.main", "up", "--port", "0", *arguments],
            env={**inherited, "HAMLET_HOME": str(home), "COLUMNS": "160", **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    village = Village(home, process, log)
    deadline = time.monotonic() + START_SECONDS
    while READY not in village.output:
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise AssertionError(village.output)
        time.sleep(0.05)
    return village


def end(village: Village) -> None:
    if village.process.poll() is None:
        village.stop()
    with pytest.raises(NotRunningError):
        Layout.load(village.home)
