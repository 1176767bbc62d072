"""A container engine for docker-compose where there is none: podman's API, which needs no daemon and no systemd."""

import json
import os
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.compose.sources import COMPOSE

__all__ = ["Engine", "Project"]

_SETTINGS = """[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
"""
_START_SECONDS, _COMMAND_SECONDS, _BETWEEN_LOOKS = 20.0, 400.0, 1.0


@dataclass
class Engine:
    """Listens on a socket in `folder` until it is closed."""

    folder: Path
    service: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "CONTAINERS_CONF": str(self.folder / "containers.conf"),
            "DOCKER_HOST": f"unix://{self.folder / 'engine.sock'}",
        }

    def start(self) -> None:
        (self.folder / "containers.conf").write_text(_SETTINGS)
        with (self.folder / "engine.log").open("w") as log:
            command = ["podman", "system", "service", "--time=0", self.environment["DOCKER_HOST"]]
            self.service = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        deadline = time.monotonic() + _START_SECONDS
        while not (self.folder / "engine.sock").exists():
            assert time.monotonic() < deadline, (self.folder / "engine.log").read_text()
            time.sleep(0.1)

    def close(self) -> None:
        if self.service is not None:
            self.service.terminate()
            self.service.wait(20)

    def podman(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["podman", *arguments]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False, timeout=_COMMAND_SECONDS
        )


@dataclass
class Project:
    """A compose file that is up, under a name of its own. Healthchecks are run here, because podman leaves their clock
    to systemd."""

    engine: Engine
    name: str
    document: dict[str, Any]
    _ended: threading.Event = field(default_factory=threading.Event)
    _clock: threading.Thread | None = None

    def compose(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        file = self.engine.folder / "compose.yaml"
        file.write_text(yaml.safe_dump(self.document))
        # The name and the release; a variable of the environment wins.
        shutil.copy(COMPOSE.parent / ".env", self.engine.folder)
        command = ["docker-compose", "--project-name", self.name, "--file", str(file), *arguments]
        return subprocess.run(
            command,
            env=self.engine.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_COMMAND_SECONDS,
        )

    def up(self, *services: str) -> None:
        self._clock = threading.Thread(target=self._look, daemon=True)
        self._clock.start()
        done = self.compose("up", "--detach", *services)
        assert done.returncode == 0, done.stdout + done.stderr + self.logs()

    def container(self, service: str) -> str:
        return f"{self.name}_{service}_1"

    def address(self, service: str, port: int) -> str:
        return self.compose("port", service, str(port)).stdout.strip()

    def execute(self, service: str, *command: str) -> subprocess.CompletedProcess[str]:
        return self.engine.podman("exec", self.container(service), *command)

    def described(self) -> dict[str, dict[str, Any]]:
        """What the engine knows of each container, by its name."""
        names = self.engine.podman("ps", "--all", "--format={{.Names}}", f"--filter=name={self.name}_").stdout.split()
        found = json.loads(self.engine.podman("inspect", *names).stdout)
        return {each["Name"]: each for each in found}

    def logs(self) -> str:
        return "\n".join(
            f"== {name}: {each['State']['Status']}\n{self._tail(name)}" for name, each in self.described().items()
        )

    def close(self) -> None:
        self._ended.set()
        if self._clock is not None:
            self._clock.join(_COMMAND_SECONDS)
        self.compose("down", "--volumes", "--timeout", "20")

    def _tail(self, container: str) -> str:
        done = self.engine.podman("logs", "--tail=12", container)
        return done.stdout + done.stderr

    def _look(self) -> None:
        while not self._ended.wait(_BETWEEN_LOOKS):
            running = self.engine.podman("ps", "--format={{.Names}}", f"--filter=name={self.name}_").stdout.split()
            for container in running:
                self.engine.podman("healthcheck", "run", container)
