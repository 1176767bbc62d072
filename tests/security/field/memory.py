"""The resident memory of processes and their children, before and at its highest."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

__all__ = ["Memory"]

_LOOK_SECONDS = 0.05
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Memory:
    """Watches while the block runs; `before_mib` and `peak_mib` say what was seen."""

    def __init__(self, pids: Sequence[int]) -> None:
        self._pids = pids
        self.before_mib = self.peak_mib = self._resident_mib()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Memory":
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._task is not None:
            self._task.cancel()
        self._look()

    async def _watch(self) -> None:
        while True:
            self._look()
            await asyncio.sleep(_LOOK_SECONDS)

    def _look(self) -> None:
        self.peak_mib = max(self.peak_mib, self._resident_mib())

    def _resident_mib(self) -> float:
        return sum(map(_resident_mib, self._pids))


def _resident_mib(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return pages * _PAGE / 2**20 + sum(_resident_mib(int(child)) for child in children)
