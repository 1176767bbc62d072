"""Where a verifier gets its keys from (RFC 7517)."""

import asyncio
import contextvars
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import structlog
from hamlet.error.v1.error_reason_pb2 import ErrorReason
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from mesh.errors import HamletError

__all__ = ["KeySource", "RemoteKeySet", "StaticKeySet"]

Fetch = Callable[[], Awaitable[Mapping[str, Any]]]

_log = structlog.get_logger(__name__)


class KeySource(Protocol):
    """Finds a key by its id."""

    async def key(self, kid: str) -> OKPKey | None: ...


class StaticKeySet:
    """Keys that never change."""

    def __init__(self, key_set: Mapping[str, Any]) -> None:
        self._keys = _keys(key_set)

    async def key(self, kid: str) -> OKPKey | None:
        return self._keys.get(kid)


class RemoteKeySet:
    """Keys that are fetched, kept for a while and fetched anew.

    An unknown key id asks for a fetch before its time, because the key may be new, but not more often than every
    `unknown_seconds`: a flood of made-up ids is no flood of fetches. While fetching fails the last good set serves.

    Args:
        fetch: answers with a JWK Set.
        fresh_seconds: how long a set is used without asking.
    """

    def __init__(self, fetch: Fetch, fresh_seconds: float = 5.0, unknown_seconds: float = 1.0) -> None:
        self._fetch, self._fresh, self._unknown = fetch, fresh_seconds, unknown_seconds
        self._keys: dict[str, OKPKey] = {}
        self._asked_at = float("-inf")
        self._good = False
        self._asking: asyncio.Task[None] | None = None

    async def key(self, kid: str) -> OKPKey | None:
        """The key with this id, or None if there is none.

        Raises:
            HamletError: UNAVAILABLE while no set was ever fetched.
        """
        found = self._keys.get(kid)
        due = self._fresh if found is not None else self._unknown
        if time.monotonic() - self._asked_at >= due:
            task = self._ask()
            if found is None:
                await asyncio.shield(task)
        elif found is None and self._asking is not None:
            await asyncio.shield(self._asking)
        found = self._keys.get(kid)
        if found is None and not self._good:
            raise HamletError(ErrorReason.ERROR_REASON_UNAVAILABLE, debug="no key set yet", retry_after=1.0)
        return found

    def _ask(self) -> asyncio.Task[None]:
        if self._asking is None or self._asking.done():
            self._asked_at = time.monotonic()
            # In a context of its own: the fetch serves everybody, so it carries neither token nor deadline of one call.
            self._asking = asyncio.create_task(self._refresh(), name="key-set", context=contextvars.Context())
        return self._asking

    async def _refresh(self) -> None:
        try:
            self._keys, self._good = _keys(await self._fetch()), True
        except Exception as error:
            _log.warning("key set not fetched", error_type=type(error).__qualname__)


def _keys(key_set: Mapping[str, Any]) -> dict[str, OKPKey]:
    found: dict[str, OKPKey] = {}
    for entry in key_set.get("keys", []):
        try:
            key = OKPKey.import_key(dict(entry))
        except (JoseError, ValueError):
            continue
        if entry.get("crv") == "Ed25519" and isinstance(entry.get("kid"), str):
            found[entry["kid"]] = key
    return found
