"""Argon2id beside the event loop: a bounded number at a time, and a bounded number that waits."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mesh.errors import ErrorReason, HamletError
from services.account.domain.password import normalised
from services.account.settings import AccountSettings

__all__ = ["Passwords"]

Result = TypeVar("Result")
_KEPT_FOR_KNOWN = 4


class Passwords:
    """Hashes and checks passwords (RFC 9106).

    An unknown account is checked against a hash that no password has, so that its answer takes as long.
    """

    def __init__(self, settings: AccountSettings) -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.password_passes,
            memory_cost=settings.password_memory,
            parallelism=settings.password_lanes,
        )
        self._threads = ThreadPoolExecutor(settings.password_workers, thread_name_prefix="hamlet-password")
        self._room = settings.password_workers + settings.password_queue
        self._kept_for_known = self._room // _KEPT_FOR_KNOWN
        self._nobody = self._hasher.hash("")

    def require_room(self, *, stranger: bool) -> None:
        """Asked before an attempt is counted, so that none is used up unseen. A quarter of the places is kept for
        devices that are known, so that strangers can fill the others only.

        Raises:
            HamletError: OVERLOADED.
        """
        if self._room <= (self._kept_for_known if stranger else 0):
            raise HamletError(ErrorReason.ERROR_REASON_OVERLOADED, retry_after=1.0)

    async def hash(self, password: str) -> str:
        """
        Raises:
            HamletError: OVERLOADED.
        """
        return await self._beside(lambda: self._hasher.hash(normalised(password)))

    async def check(self, password: str, password_hash: str | None) -> bool:
        """Whether it is the password; never for None, which takes as long.

        Raises:
            HamletError: OVERLOADED.
        """
        return await self._beside(lambda: self._check(password, password_hash))

    def is_outdated(self, password_hash: str) -> bool:
        return self._hasher.check_needs_rehash(password_hash)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _check(self, password: str, password_hash: str | None) -> bool:
        try:
            self._hasher.verify(password_hash or self._nobody, normalised(password))
        except (VerificationError, InvalidHashError):
            return False
        return password_hash is not None

    async def _beside(self, work: Callable[[], Result]) -> Result:
        self.require_room(stranger=False)
        self._room -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._room += 1
