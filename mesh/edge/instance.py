"""One Envoy: started, awaited until it serves, and drained before it ends."""

import asyncio
import contextlib
from dataclasses import dataclass
from pathlib import Path

from mesh.edge.admin import EnvoyAdmin
from mesh.edge.binary import envoy_path
from mesh.edge.settings import EdgeSettings
from mesh.leash import leashed

__all__ = ["EnvoyDiedError", "EnvoyInstance", "Line"]

_POLL_SECONDS = 0.05
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where shm_open(3) of Linux puts it


class EnvoyDiedError(Exception):
    """Envoy ended by itself."""


@dataclass(frozen=True, slots=True)
class Line:
    """Which Envoy of which line: what a successor has to know, whichever process starts it."""

    base_id: str
    epoch: int


class EnvoyInstance:
    """An Envoy process, the first of its line or the successor of another.

    Args:
        bootstrap: see `EnvoyProcess`.
        after: the one that runs, whose listening sockets this one takes over; None opens its own.
        log_output: see `EnvoyProcess`.

    Attributes:
        epoch, base_id: which successor it is, and what its line has in common.
    """

    def __init__(
        self,
        bootstrap: Path,
        settings: EdgeSettings,
        *,
        after: Line | None = None,
        log_output: int | None = None,
    ) -> None:
        self._bootstrap, self._settings, self._log_output = bootstrap, settings, log_output
        self.epoch: int = 0 if after is None else after.epoch + 1
        self.base_id: str = "" if after is None else after.base_id
        self._admin_file = bootstrap.parent / "admin-address"
        self._base_file = bootstrap.parent / "base-id"
        self._process: asyncio.subprocess.Process | None = None
        self._admin: EnvoyAdmin | None = None

    @property
    def line(self) -> Line:
        return Line(self.base_id, self.epoch)

    @property
    def pid(self) -> int:
        return self._started().pid

    @property
    def admin(self) -> EnvoyAdmin:
        """The admin interface.

        Raises:
            RuntimeError: Envoy was not started.
        """
        if self._admin is None:
            raise RuntimeError("Envoy was not started")
        return self._admin

    async def start(self, patience: float) -> None:
        """Starts Envoy and waits until it serves.

        Raises:
            EnvoyDiedError: it ended instead.
            TimeoutError: it was not ready after `patience` seconds, and was killed.
        """
        self._admin_file.unlink(missing_ok=True)
        self._process = await asyncio.create_subprocess_exec(
            # An Envoy that outlived whoever looks after it would hold the port.
            *leashed(envoy_path(), *self._arguments()),
            stdout=self._log_output,
            stderr=self._log_output,
            cwd=self._bootstrap.parent,
        )
        try:
            async with asyncio.timeout(patience):
                self._admin = EnvoyAdmin(await self._written(self._admin_file))
                self.base_id = self.base_id or await self._written(self._base_file)
                while not await self._admin.ready():
                    await self._pause()
        except BaseException:
            await self.kill()
            if not self.epoch:
                self.base_id = _content(self._base_file)
                self.forget_line()
            raise

    async def wait(self) -> int:
        """Waits until this Envoy has ended. Returns its exit status."""
        return await self._started().wait()

    async def drain(self) -> None:
        """Lets requests in flight finish and ends it.

        Raises:
            OSError: its admin interface is gone; it ended by itself.
        """
        await self.admin.drain()
        while await self.admin.active_requests():
            await self._pause()
        await self.admin.quit()
        await self.wait()

    async def kill(self) -> None:
        process = self._started()
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def forget_line(self) -> None:
        """Removes what the instances of this line shared; for the last of them, once it has ended."""
        if self.base_id:
            # Envoy multiplies the id by ten, to have room for its epochs.
            (_SHARED_MEMORY / f"envoy_shared_memory_{self.base_id}0").unlink(missing_ok=True)

    async def _written(self, file: Path) -> str:
        while not (text := _content(file)):
            await self._pause()
        return text

    async def _pause(self) -> None:
        process = self._started()
        if process.returncode is not None:
            raise EnvoyDiedError(f"Envoy ended with status {process.returncode}")
        await asyncio.sleep(_POLL_SECONDS)

    def _started(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise RuntimeError("Envoy was not started")
        return self._process

    def _arguments(self) -> list[str]:
        drain = max(1, round(self._settings.drain_seconds))
        return [
            *("--config-path", str(self._bootstrap)),
            *("--admin-address-path", str(self._admin_file)),
            *("--concurrency", str(self._settings.concurrency)),
            *("--drain-time-s", str(drain)),
            *("--parent-shutdown-time-s", str(drain + max(1, round(self._settings.grace_seconds)))),
            *("--drain-strategy", "immediate"),
            *("--log-level", "warning"),
            *self._line(),
        ]

    def _line(self) -> list[str]:
        """Of which line of instances it is, and the how-manieth. Several lines run on one machine."""
        if self.epoch:
            return ["--base-id", self.base_id, "--restart-epoch", str(self.epoch)]
        self._base_file.unlink(missing_ok=True)
        return ["--use-dynamic-base-id", "--base-id-path", str(self._base_file)]


def _content(file: Path) -> str:
    return file.read_text() if file.exists() else ""
