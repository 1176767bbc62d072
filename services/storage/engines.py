"""The engines of one database, by what a session on them is for."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from services.storage.inline import InlineReader

__all__ = ["Engines"]


@dataclass(frozen=True, slots=True)
class Engines:
    """
    Attributes:
        reader: for reads that an index answers; on SQLite without an engine of SQLAlchemy's asyncio.
        scanner: for reads whose work grows with the data.
        writer: for all that writes.
    """

    reader: InlineReader | AsyncEngine
    scanner: AsyncEngine
    writer: AsyncEngine

    async def dispose(self) -> None:
        """Closes every connection; sessions in use lose theirs."""
        for engine in dict.fromkeys((self.reader, self.scanner, self.writer)):
            if isinstance(engine, InlineReader):
                engine.dispose()
            else:
                await engine.dispose()
