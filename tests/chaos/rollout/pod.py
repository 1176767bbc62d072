"""One pod: its containers as processes, with the probes, the preStop and the grace that its specification says."""

import asyncio
import contextlib
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
_BACK_OFF_SECONDS = 10.0
"""A kubelet's, before it starts a container anew."""


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
        self._tasks = list[asyncio.Task[None]]()

    @property
    def ports(self) -> dict[str, int]:
        """Of all containers, by name."""
        containers = self.spec["containers"]
        return {port["name"]: port["containerPort"] for each in containers for port in each.get("ports", ())}

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._keep_running(each)) for each in self.spec["containers"]]

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

    async def _keep_running(self, container: dict[str, Any]) -> None:
        """Starts it anew when it has ended by itself or no longer answers."""
        name = container["name"]
        while not self._leaving:
            process = self._processes[name] = await self._launched(name, self._programs[name])
            ended, asking = asyncio.create_task(process.wait()), asyncio.create_task(self._ask(container))
            try:
                await asyncio.wait({ended, asking}, return_when=asyncio.FIRST_COMPLETED)
                if self._leaving:
                    await ended
                    return
                said = f"ended by itself with status {process.returncode}" if ended.done() else "does not answer"
                if not ended.done():
                    process.kill()
            finally:
                asking.cancel()
                ended.cancel()
            self._accident(f"{name} {said}")
            await process.wait()
            await asyncio.sleep(_BACK_OFF_SECONDS)

    async def _ask(self, container: dict[str, Any]) -> None:
        """Returns when it does not answer as often as its manifest allows."""
        with contextlib.suppress(TimeoutError):
            await passes(container["startupProbe"], self.address, self.ports)
            ready = asyncio.create_task(self._ask_whether_ready(container["name"], container["readinessProbe"]))
            try:
                await self._ask_whether_alive(container["livenessProbe"])
            finally:
                ready.cancel()

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

    async def _end(self, container: dict[str, Any], until: float) -> None:
        sleep = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {})
        await asyncio.sleep(min(sleep.get("seconds", 0), max(0.0, until - time.monotonic())))
        process = self._processes[container["name"]]
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
