"""`hamlet renew-front` asks the supervisor by a signal, and says how it went."""

import asyncio
import io
from pathlib import Path

import pytest
from rich.console import Console

from services.cli import renewal
from services.cli.layout import Layout
from services.cli.refusal import RefusedError
from services.cli.supervisor import Supervisor
from tests.unit.cli.line import line

QUIET = Console(file=io.StringIO())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a village that this process supervises."""
    monkeypatch.setenv("HAMLET_HOME", str(tmp_path))
    Layout.choose(0).save(tmp_path)
    return tmp_path


async def supervised(home: Path) -> Supervisor:
    supervisor = line(home)
    await supervisor.start()
    renewal.renew_when_asked(supervisor, home, QUIET)
    return supervisor


async def test_it_returns_when_the_successors_are_there(home: Path) -> None:
    supervisor = await supervised(home)
    before = supervisor.children["edge"].pid
    for times in (1, 2):
        assert await asyncio.to_thread(renewal.renew_front, QUIET) == 0
        assert Layout.load(home).front_renewals == times
    assert supervisor.children["edge"].pid not in {before, None}
    await supervisor.stop()


async def test_it_says_when_one_serves_on_without_a_successor(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewal, "_LONGEST", 2.0)
    supervisor = await supervised(home)
    before = supervisor.children["edge"].pid
    (home / "fate").touch()
    with pytest.raises(RefusedError, match="not every process has a successor"):
        await asyncio.to_thread(renewal.renew_front, QUIET)
    assert supervisor.children["edge"].pid == before
    await supervisor.stop()
