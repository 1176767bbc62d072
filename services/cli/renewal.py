"""`hamlet renew-front`: new processes take the place of those that look after Envoy and nginx, and no request fails."""

import asyncio
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from services.cli.layout import Layout, home
from services.cli.refusal import RefusedError
from services.cli.supervisor import Supervisor

__all__ = ["renew_front", "renew_when_asked"]

_SIGNAL = signal.SIGUSR2
_LONGEST = 150.0


def renew_front(console: Console) -> int:
    """Asks the supervisor, and waits until it is done.

    Raises:
        NotRunningError: no village runs.
        RefusedError: a process serves on without a successor.
    """
    folder = home()
    layout = Layout.load(folder)
    os.kill(layout.supervisor_pid, _SIGNAL)
    deadline = time.monotonic() + _LONGEST
    while time.monotonic() < deadline:
        if Layout.load(folder).front_renewals > layout.front_renewals:
            console.print("the front door's processes are new")
            return 0
        time.sleep(0.1)
    raise RefusedError(f"not every process has a successor; {folder / 'log'} says why")


def renew_when_asked(supervisor: Supervisor, folder: Path, console: Console) -> None:
    """Answers the signal from now on. Several that come while one is answered are one."""
    renewing: list[asyncio.Task[None]] = []

    def begin() -> None:
        if not renewing or renewing[-1].done():
            renewing[:] = [asyncio.create_task(_renew(supervisor, folder, console))]

    asyncio.get_running_loop().add_signal_handler(_SIGNAL, begin)


async def _renew(supervisor: Supervisor, folder: Path, console: Console) -> None:
    if left := await supervisor.replace():
        console.print(f"[red]no successor for[/] {', '.join(left)}, which serves on")
        return
    layout = Layout.load(folder)
    replace(layout, front_renewals=layout.front_renewals + 1).save(folder)
