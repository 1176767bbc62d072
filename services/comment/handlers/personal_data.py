"""What is kept about a person: all of it, or none of it any more."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from hamlet.account.v1.personal_data_service_pb2 import ExportPersonResponse

from services.comment.convert import exported
from services.comment.handlers.erasure import Erasure
from services.comment.store import people
from services.comment.tables import keys
from services.storage.database import Database
from services.storage.scrub import scrub

__all__ = ["PersonalData"]


@dataclass(frozen=True, slots=True)
class PersonalData:
    database: Database
    erasure: Erasure

    async def erase(self, account_id: str) -> int:
        """Afterwards neither tables nor, on SQLite, the database's files hold anything of the person. Their comments
        keep their places in the threads.

        Returns:
            How many records were erased.
        """
        records = await self.erasure.erase_all(people.by_author(account_id))
        async with self.database.write() as session:
            await keys.erase(session, account_id)
        await scrub(self.database)
        return records

    async def export(self, account_id: str) -> AsyncGenerator[ExportPersonResponse, None]:
        """Comments, each followed by its earlier texts."""
        last = ""
        while True:
            async with self.database.read() as session:
                found = await people.some(session, people.by_author(account_id), after=last)
                revisions = await people.revisions_of(session, [each.id for each in found])
            for comment in found:
                yield ExportPersonResponse(kind="comment", record=exported(comment))
                for revision in revisions.get(comment.id, []):
                    yield ExportPersonResponse(kind="revision", record=exported(revision))
                last = comment.id
            if not found:
                return
