"""What is kept about a person: all of it, or none of it any more."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from hamlet.account.v1.personal_data_service_pb2 import ExportPersonResponse

from services.blog.convert import exported_post, exported_revision
from services.blog.store import people
from services.blog.tables import keys
from services.storage.database import Database
from services.storage.scrub import scrub

__all__ = ["PersonalData"]


@dataclass(frozen=True, slots=True)
class PersonalData:
    database: Database

    async def erase(self, account_id: str) -> int:
        """Afterwards neither tables nor, on SQLite, the database's files hold anything of the person: what they
        published is theirs and goes with them.

        Returns:
            How many records were erased.
        """
        async with self.database.write() as session:
            records = await people.erase(session, account_id)
            await keys.erase(session, account_id)
        await scrub(self.database)
        return records

    async def export(self, account_id: str) -> AsyncGenerator[ExportPersonResponse, None]:
        """Posts, each followed by its revisions."""
        last = ""
        while True:
            async with self.database.read() as session:
                found = await people.posts_of(session, account_id, after=last)
                history = await people.revisions_of(session, [post.id for post in found])
            for post in found:
                yield ExportPersonResponse(kind="post", record=exported_post(post))
                for row in history:
                    if row.post_id == post.id:
                        record = exported_revision(row.post_id, row.number, row.title, row.body, row.created_at)
                        yield ExportPersonResponse(kind="revision", record=record)
                last = post.id
            if not found:
                return
