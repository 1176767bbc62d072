"""The forge's workflows: least privilege, actions pinned by commit, and nothing in them that make does not do."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))
EACH = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def _steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in yaml.safe_load(path.read_text())["jobs"].values() for step in job["steps"]]


def test_there_are_two() -> None:
    assert [path.stem for path in WORKFLOWS] == ["ci", "release"]


@EACH
def test_they_may_read_and_nothing_else(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    assert all("permissions" not in job and job["timeout-minutes"] for job in workflow["jobs"].values())
    assert "secrets." not in path.read_text()


@EACH
def test_actions_are_pinned_by_commit_and_keep_no_credentials(path: Path) -> None:
    used = [step for step in _steps(path) if "uses" in step]
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", step["uses"]) for step in used)
    assert all(step["with"]["persist-credentials"] is False for step in used if "checkout" in step["uses"])


@EACH
def test_they_run_what_anybody_can_run(path: Path) -> None:
    """Only `.ci/run` and targets that there are; no value of the event is pasted into a command."""
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))
    commands = [step["run"] for step in _steps(path) if "run" in step]
    assert commands
    for command in commands:
        assert "${{" not in command
        if command != ".ci/run":
            words = command.partition(" ARGS=")[0].removeprefix("sudo ").removeprefix("--preserve-env ").split()
            assert words[0] == "make", command
            assert set(words[1:]) <= targets, command
