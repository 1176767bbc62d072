"""The supervisor starts in order of health, restarts what dies, and leaves nothing behind."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from services.cli.supervisor import ChildSpec, StartError, Supervisor
from tests.unit.cli.line import line

READY_THEN_WAIT = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("hello", flush=True)
with open(sys.argv[1], "a") as started:
    started.write(sys.argv[2] + "\\n")
signal.pause()
"""


def spec(name: str, journal: Path, *, after: set[str] | None = None, ready: bool = True) -> ChildSpec:
    async def probe() -> bool:
        return ready and journal.exists() and name in journal.read_text().split()

    return ChildSpec(
        name,
        [sys.executable, "-c", READY_THEN_WAIT, str(journal), name],
        probe,
        after=frozenset(after or ()),
        start_seconds=20.0,
    )


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0.01)


def nothing(_name: str, _line: str) -> None:
    pass


async def test_a_process_starts_when_those_before_it_are_ready(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    supervisor = Supervisor([spec("edge", journal, after={"blog"}), spec("blog", journal)], nothing)
    await supervisor.start()
    await supervisor.stop()
    assert journal.read_text().split() == ["blog", "edge"]


async def test_a_process_that_dies_is_started_again(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    supervisor = Supervisor([spec("blog", journal)], nothing)
    await supervisor.start()
    first = supervisor.children["blog"].pid
    assert first is not None
    os.kill(first, signal.SIGKILL)

    async def again() -> bool:
        return journal.read_text().split() == ["blog", "blog"]

    await until(again)
    assert supervisor.children["blog"].restarts == 1
    assert supervisor.children["blog"].pid != first
    await supervisor.stop()


async def test_nothing_is_left_behind_and_output_has_its_name(tmp_path: Path) -> None:
    lines: list[tuple[str, str]] = []
    supervisor = Supervisor([spec("blog", tmp_path / "journal")], lambda name, line: lines.append((name, line)))
    await supervisor.start()
    pid = supervisor.children["blog"].pid
    await supervisor.stop()
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert ("blog", "hello") in lines


async def test_a_process_that_ends_before_it_is_ready_is_an_error_with_its_name() -> None:
    async def never() -> bool:
        return False

    supervisor = Supervisor([ChildSpec("blog", [sys.executable, "-c", "raise SystemExit(3)"], never)], nothing)
    with pytest.raises(ExceptionGroup) as failure:
        await supervisor.start()
    await supervisor.stop()
    assert failure.group_contains(StartError, match="blog")


async def test_a_process_that_hands_over_is_replaced_and_looked_after_again(tmp_path: Path) -> None:
    supervisor = line(tmp_path)
    await supervisor.start()
    pids = [supervisor.children["edge"].pid]
    for _ in range(2):
        assert await supervisor.replace() == []
        pids.append(supervisor.children["edge"].pid)
    assert len({*pids, None}) == 4
    last = pids[-1]
    assert last is not None
    os.kill(last, signal.SIGKILL)

    async def again() -> bool:
        return supervisor.children["edge"].pid not in {last, None}

    await until(again)
    assert supervisor.children["edge"].restarts == 1
    await supervisor.stop()
    assert supervisor.children["edge"].pid is None


async def test_one_whose_successor_fails_serves_on(tmp_path: Path) -> None:
    supervisor = line(tmp_path)
    await supervisor.start()
    pid = supervisor.children["edge"].pid
    (tmp_path / "fate").touch()
    assert await supervisor.replace() == ["edge"]
    assert supervisor.children["edge"].pid == pid
    await supervisor.stop()
