"""Keeps a village of processes up."""

import asyncio
from collections.abc import Sequence

from services.cli.supervisor.child import Child, ChildSpec, Sink

__all__ = ["StartError", "Supervisor"]

_FIRST_PAUSE, _LONGEST_PAUSE, _STABLE_AFTER = 0.2, 10.0, 30.0


class StartError(RuntimeError):
    """A process did not become ready. Its name is the argument."""


class Supervisor:
    """Starts processes as soon as those before them are ready, restarts what dies, stops in reverse order.

    Args:
        sink: gets each line that a process prints, with the process's name.
    """

    def __init__(self, specs: Sequence[ChildSpec], sink: Sink) -> None:
        self.children = {spec.name: Child(spec, sink) for spec in specs}
        self._sink = sink
        self._ready = {spec.name: asyncio.Event() for spec in specs}
        self._stopping = False
        self._watchers: dict[Child, asyncio.Task[None]] = {}

    async def start(self) -> None:
        """Returns when every process is ready.

        Raises:
            StartError: one ended or took too long; the others are left for `stop()`.
        """
        async with asyncio.TaskGroup() as starting:
            for child in self.children.values():
                starting.create_task(self._first_start(child))

    async def run(self) -> None:
        """Watches until `stop()`."""
        await asyncio.gather(*self._watchers.values())

    async def stop(self) -> None:
        """Stops every process, those that depend on others first."""
        self._stopping = True
        for names in reversed(self._levels()):
            children = [self.children[name] for name in names]
            await asyncio.gather(*(each.stop() for child in children for each in (child, child.beside) if each))
        for watcher in self._watchers.values():
            watcher.cancel()
        await asyncio.gather(*self._watchers.values(), return_exceptions=True)

    async def replace(self) -> list[str]:
        """Puts successors in the place of the processes that hand over what they hold, one after the other. One whose
        successor does not come up serves on.

        Returns:
            The names of those that were not replaced.
        """
        names = [name for name, child in self.children.items() if child.spec.hands_over]
        return [name for name in names if not await self._follow(self.children[name])]

    async def _follow(self, old: Child) -> bool:
        if self._stopping or old.beside is not None:
            return False
        new = Child(old.spec, self._sink)
        old.beside, new.beside, new.restarts = new, old, old.restarts
        await new.start()
        self._watchers[new] = asyncio.create_task(self._watch(new), name=new.spec.name)
        watchers = {self._watchers[old], self._watchers[new]}
        await asyncio.wait(watchers, timeout=old.spec.start_seconds, return_when=asyncio.FIRST_COMPLETED)
        if self.children[old.spec.name] is new:
            return True
        await new.stop()
        return False

    async def _first_start(self, child: Child) -> None:
        for name in child.spec.after:
            await self._ready[name].wait()
        await child.start()
        self._watchers[child] = asyncio.create_task(self._watch(child), name=child.spec.name)
        if not await child.until_ready():
            raise StartError(child.spec.name)
        self._ready[child.spec.name].set()

    async def _watch(self, child: Child) -> None:
        pause = _FIRST_PAUSE
        while True:
            status = await child.until_exit()
            if self._stopping or not self._ready[child.spec.name].is_set() or not self._answers_for_it(child):
                return
            pause = _FIRST_PAUSE if child.uptime > _STABLE_AFTER else min(pause * 2, _LONGEST_PAUSE)
            self._sink(child.spec.name, f"ended with status {status}; starting it again in {pause:.1f} s")
            await asyncio.sleep(pause)
            child.restarts += 1
            await child.start()

    def _answers_for_it(self, ended: Child) -> bool:
        """Whether a process that has ended is to be started again, or left its place to the one beside it."""
        other, ended.beside = ended.beside, None
        if other is not None:
            other.beside = None
            if other.pid is not None:
                self.children[other.spec.name] = other
        return self.children[ended.spec.name] is ended

    def _levels(self) -> list[list[str]]:
        """Names by dependency: each level needs only levels before it."""
        levels: list[list[str]] = []
        placed: set[str] = set()
        while len(placed) < len(self.children):
            level = [name for name, child in self.children.items() if name not in placed and child.spec.after <= placed]
            if not level:
                raise ValueError("processes wait for each other")
            levels.append(level)
            placed.update(level)
        return levels
