"""What a service's database needs from time to time."""

import asyncio

import structlog

from mesh.errors import HamletError
from services.storage.database import Database
from services.storage.idempotency import IdempotencyKeys

__all__ = ["purge_forever"]

_log = structlog.get_logger(__name__)


async def purge_forever(database: Database, keys: IdempotencyKeys, *, every: float = 3600.0) -> None:
    """Removes expired idempotency keys now and every so many seconds, until cancelled. Replicas may do it at once."""
    while True:
        try:
            async with database.write() as session:
                await keys.purge(session)
        except HamletError as error:
            _log.warning("idempotency.purge_failed", reason=error.spec.reason, debug=error.debug)
        await asyncio.sleep(every)
