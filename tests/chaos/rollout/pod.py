"""One pod: its containers as processes, with the probes, the preStop and the grace that its specification says."""

import asyncio
import math
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mesh.leash import leashed
from tests.chaos.rollout.probing import answered, passes
from tests.chaos.rollout.translation import Machine, Program, mount, program_of

__all__ = ["Pod"]

_GRACE_SECONDS = 30
"""A pod's that says none."""


class Pod:
    """
    Args:
        changed: called whenever the pod becomes ready or is so no more.

    Attributes:
        ready: whether all containers are, and it was not told to end.
        ready_since: on the monotonic clock, infinity while it is not.
        accidents: what must not happen: a container that ends or hangs by itself, or is killed when its grace is over.
    """

    def __init__(
        self,
        name: str,
        template: dict[str, Any],
        settings: Mapping[str, Mapping[str, str]],
        machine: Machine,
        address: str,
        folder: Path,
        changed: Callable[[], None],
    ) -> None:
        self.name, self.address, self.spec = name, address, template["spec"]
        self.ready, self.ready_since, self.accidents = False, math.inf, list[str]()
        self._folder, self._changed, self._leaving = folder, changed, False
        self._ready = {each["name"]: False for each in self.spec["containers"]}
        root = folder / name
        mount(self.spec, machine, root)
        self._programs = {
            each["name"]: program_of(each, settings, machine, address, root) for each in self.spec["containers"]
        }
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def ports(self) -> dict[str, int]:
        """Of all containers, by name."""
        containers = self.spec["containers"]
        return {port["name"]: port["containerPort"] for each in containers for port in each.get("ports", ())}

    async def start(self) -> None:
        for each in self.spec["containers"]:
            process = await self._launched(each["name"], self._programs[each["name"]])
            self._processes[each["name"]] = process
            self._tasks += [asyncio.create_task(self._look_after(each)), asyncio.create_task(self._watch(each["name"]))]

    async def delete(self) -> None:
        """It leaves its Services at once; each container is told to end when its preStop is over. Returns when the
        last one has ended."""
        self._leaving = True
        self._tell()
        until = time.monotonic() + self.spec.get("terminationGracePeriodSeconds", _GRACE_SECONDS)
        await asyncio.gather(*(self._end(each, until) for each in self.spec["containers"]))
        await self.close()

    async def close(self) -> None:
        """Ends what still runs, at once."""
        self._leaving = True
        for task in self._tasks:
            task.cancel()
        for process in self._processes.values():
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def _launched(self, container: str, program: Program) -> asyncio.subprocess.Process:
        with (self._folder / f"{self.name}-{container}.log").open("ab") as output:
            return await asyncio.create_subprocess_exec(
                *leashed(*program.command),
                env=program.environment,
                cwd=program.folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                # Linux shares the CPU between sessions first, as it does between containers.
                start_new_session=True,
            )

    async def _look_after(self, container: dict[str, Any]) -> None:
        name = container["name"]
        try:
            await passes(container["startupProbe"], self.address, self.ports)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._ask_whether_ready(name, container["readinessProbe"]))
                both.create_task(self._ask_whether_alive(container["livenessProbe"]))
        except* TimeoutError:
            self._accident(f"{name} does not answer")

    async def _ask_whether_ready(self, name: str, probe: dict[str, Any]) -> None:
        failures = 0
        while True:
            failures = 0 if await answered(probe, self.address, self.ports) else failures + 1
            if failures in (0, probe.get("failureThreshold", 3)):
                self._ready[name] = failures == 0
                self._tell()
            await asyncio.sleep(probe.get("periodSeconds", 10))

    async def _ask_whether_alive(self, probe: dict[str, Any]) -> None:
        while True:
            await passes(probe, self.address, self.ports)
            await asyncio.sleep(probe.get("periodSeconds", 10))

    async def _watch(self, container: str) -> None:
        status = await self._processes[container].wait()
        if not self._leaving:
            self._accident(f"{container} ended by itself with status {status}")

    async def _end(self, container: dict[str, Any], until: float) -> None:
        sleep = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {})
        process = self._processes[container["name"]]
        await asyncio.sleep(min(sleep.get("seconds", 0), max(0.0, until - time.monotonic())))
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(max(0.0, until - time.monotonic())):
                await process.wait()
        except TimeoutError:
            self._accident(f"{container['name']} was killed when its grace was over")

    def _accident(self, what: str) -> None:
        self.accidents.append(f"{self.name}: {what}")
        self._ready = dict.fromkeys(self._ready, False)
        self._tell()

    def _tell(self) -> None:
        ready = all(self._ready.values()) and not self._leaving
        if ready != self.ready:
            self.ready, self.ready_since = ready, time.monotonic() if ready else math.inf
        self._changed()
