"""The engines of one database, by what a session on them is for."""

from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine

__all__ = ["Engines"]


@dataclass(frozen=True, slots=True)
class Engines:
    """
    Attributes:
        reader: for reads that an index answers; a blocking one where that is faster (`services.storage.inline`).
        scanner: for reads whose work grows with the data.
        writer: for all that writes.
    """

    reader: Engine | AsyncEngine
    scanner: AsyncEngine
    writer: AsyncEngine

    async def dispose(self) -> None:
        """Closes every connection; sessions in use lose theirs."""
        for engine in dict.fromkeys((self.reader, self.scanner, self.writer)):
            if isinstance(engine, Engine):
                engine.dispose()
            else:
                await engine.dispose()
