"""Helm 3, a program, and Helm 4, a library in an environment of its own, behind the same few words."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.chart.rendering import CHART, HELM, ROOT

__all__ = ["HELM4_PYTHON", "Helm", "Helm3", "Helm4", "HelmFailedError", "Hook", "Revision"]

RELEASE = "village"
HELM4_PYTHON = ROOT / ".venv-chart" / "bin" / "python"
Values = Mapping[str, Any]


class HelmFailedError(Exception):
    """Helm did not do what it was asked to; the text is its own."""


@dataclass(frozen=True, slots=True)
class Revision:
    number: int
    status: str
    description: str


@dataclass(frozen=True, slots=True)
class Hook:
    """How a hook ran last. Times are RFC 3339; empty and `Unknown` when it has not run."""

    name: str
    phase: str
    started: str
    completed: str


class Helm(Protocol):
    """One release, `village`, in one namespace. `undo` takes back what failed: `--atomic`, `--rollback-on-failure`."""

    @property
    def generation(self) -> int: ...

    def install(self, values: Values, *, timeout: int, undo: bool = False) -> None:
        """Waits until everything is ready.

        Raises:
            HelmFailedError: it did not come to that within `timeout` seconds. So do the others.
        """

    def upgrade(self, values: Values, *, timeout: int, undo: bool = False, force: bool = False) -> None:
        """
        Args:
            force: takes fields that others have changed back from them, where that is not done anyway.
        """

    def rollback(self, revision: int, *, timeout: int) -> None: ...

    def uninstall(self, *, timeout: int) -> None: ...

    def test(self, *, timeout: int) -> None: ...

    def history(self) -> list[Revision]: ...

    def manifest(self) -> str:
        """What the revision that is deployed was rendered to."""

    def hooks(self) -> list[Hook]: ...


@dataclass(frozen=True, slots=True)
class Helm3:
    """The program of helm-binary."""

    kubeconfig: Path
    namespace: str
    generation: int = 3

    def _run(self, verb: str, *arguments: str, values: Values | None = None) -> str:
        given = "" if values is None else json.dumps(values)
        from_input = [] if values is None else ["--values", "-"]
        command: list[str | Path] = [HELM, verb, RELEASE, *arguments, *from_input, "--namespace", self.namespace]
        environment = {**os.environ, "KUBECONFIG": str(self.kubeconfig)}
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, env=environment)
        if done.returncode:
            raise HelmFailedError(done.stderr)
        return done.stdout

    def install(self, values: Values, *, timeout: int, undo: bool = False) -> None:
        self._run("install", str(CHART), *_wait(timeout), *_atomic(undo), values=values)

    def upgrade(self, values: Values, *, timeout: int, undo: bool = False, force: bool = False) -> None:
        # Its three-way merge puts back what others have changed without being asked to.
        self._run("upgrade", str(CHART), *_wait(timeout), *_atomic(undo), values=values)

    def rollback(self, revision: int, *, timeout: int) -> None:
        self._run("rollback", str(revision), *_wait(timeout))

    def uninstall(self, *, timeout: int) -> None:
        self._run("uninstall", *_wait(timeout))

    def test(self, *, timeout: int) -> None:
        self._run("test", "--logs", "--timeout", f"{timeout}s")

    def history(self) -> list[Revision]:
        return _revisions(json.loads(self._run("history", "--output", "json")))

    def manifest(self) -> str:
        revision = str(_deployed(self.history()))
        return str(json.loads(self._run("status", "--output", "json", "--revision", revision))["manifest"])

    def hooks(self) -> list[Hook]:
        return _hooks(json.loads(self._run("status", "--output", "json"))["hooks"])


def _wait(timeout: int) -> list[str]:
    return ["--wait", "--timeout", f"{timeout}s"]


def _atomic(undo: bool) -> list[str]:
    return ["--atomic"] if undo else []


@dataclass(frozen=True, slots=True)
class Helm4:
    """The library helm-python-sdk, asked through `helm4_release.py`."""

    kubeconfig: Path
    namespace: str
    generation: int = 4

    def _ask(self, action: str, *arguments: Any, **options: Any) -> Any:
        question = {
            "kubeconfig": str(self.kubeconfig),
            "namespace": self.namespace,
            "action": action,
            "arguments": arguments,
            "options": options,
        }
        script = Path(__file__).with_name("helm4_release.py")
        command: list[str | Path] = [HELM4_PYTHON, script]
        done = subprocess.run(command, input=json.dumps(question), capture_output=True, text=True, check=False)
        if done.returncode:
            raise HelmFailedError(done.stderr)
        return json.loads(done.stdout)

    def install(self, values: Values, *, timeout: int, undo: bool = False) -> None:
        options = {"timeout": timeout, "wait": "watcher", "rollback_on_failure": undo}
        self._ask("install", str(CHART), RELEASE, values, **options)

    def upgrade(self, values: Values, *, timeout: int, undo: bool = False, force: bool = False) -> None:
        options = {"timeout": timeout, "wait": "watcher", "rollback_on_failure": undo, "force_conflicts": force}
        self._ask("upgrade", str(CHART), RELEASE, values, **options)

    def rollback(self, revision: int, *, timeout: int) -> None:
        self._ask("rollback", RELEASE, version=revision, timeout=timeout, wait="watcher")

    def uninstall(self, *, timeout: int) -> None:
        self._ask("uninstall", RELEASE, timeout=timeout, wait="watcher")

    def test(self, *, timeout: int) -> None:
        self._ask("test", RELEASE, timeout=timeout, logs=True)

    def history(self) -> list[Revision]:
        return _revisions(self._ask("history", RELEASE))

    def manifest(self) -> str:
        return str(self._ask("status", RELEASE, revision=_deployed(self.history()))["manifest"])

    def hooks(self) -> list[Hook]:
        return _hooks(self._ask("get_all", RELEASE)["hooks"])


def _deployed(history: list[Revision]) -> int:
    return next(each.number for each in history if each.status == "deployed")


def _revisions(found: list[dict[str, Any]]) -> list[Revision]:
    return [Revision(each["revision"], each["status"], each["description"]) for each in found]


def _hooks(found: list[dict[str, Any]]) -> list[Hook]:
    runs = [(each["name"], each.get("last_run", {})) for each in found]
    return [
        Hook(name, run.get("phase", "Unknown"), run.get("started_at", ""), run.get("completed_at", ""))
        for name, run in runs
    ]
