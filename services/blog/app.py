"""Wires the blog service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from hamlet.account.v1 import personal_data_service_pb2
from hamlet.blog.v1 import post_reading_service_pb2, post_revision_service_pb2, post_service_pb2

from mesh.runtime import Runtime
from mesh.server import Server
from services.blog.convert import etag, post_message
from services.blog.handlers.history import History
from services.blog.handlers.housekeeping import Housekeeping
from services.blog.handlers.lifecycle import Lifecycle
from services.blog.handlers.personal_data import PersonalData
from services.blog.handlers.reading import Reading
from services.blog.handlers.writing import Writing
from services.blog.servicer import PersonalDataServicer, PostReadingServicer, PostRevisionServicer, PostServicer
from services.blog.settings import BlogSettings
from services.blog.tables import keys
from services.storage.database import Database
from services.storage.housekeeping import purge_forever
from services.storage.migration import upgrade
from services.storage.url import database_url

__all__ = ["MIGRATIONS", "blog"]

MIGRATIONS = Path(__file__).parent / "migrations" / "versions"


@asynccontextmanager
async def blog(runtime: Runtime, server: Server) -> AsyncIterator[None]:
    """Adds posts, their reading, their history and personal data to the server, and runs what they need beside it."""
    settings = BlogSettings()
    database = Database(database_url("blog"), serving=True)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(database)
        if settings.migrate:
            await asyncio.to_thread(upgrade, database.url, MIGRATIONS)
        _serve(server, database, settings)
        housekeeping = Housekeeping(database, settings)
        for name, work in {
            "schedule": housekeeping.publish_forever(),
            "purge": housekeeping.purge_forever(),
            "idempotency keys": purge_forever(database, keys),
        }.items():
            await stack.enter_async_context(runtime.background(work, f"blog {name}"))
        yield


def _serve(server: Server, database: Database, settings: BlogSettings) -> None:
    contracts = {
        post_service_pb2: PostServicer(Writing(database, post_message, etag), Lifecycle(database, settings, etag)),
        post_reading_service_pb2: PostReadingServicer(Reading(database)),
        post_revision_service_pb2: PostRevisionServicer(History(database, etag)),
        personal_data_service_pb2: PersonalDataServicer(PersonalData(database)),
    }
    for contract, servicer in contracts.items():
        for service in contract.DESCRIPTOR.services_by_name.values():
            server.add_service(service, servicer)
