"""Wires the comment service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

from hamlet.account.v1 import personal_data_service_pb2
from hamlet.comment.v1 import comment_service_pb2, moderation_service_pb2

from mesh.runtime import Runtime
from mesh.server import Server
from services.comment.clients import Posts, SpamFilter
from services.comment.convert import Presentation
from services.comment.handlers.creation import Creation
from services.comment.handlers.editing import Editing
from services.comment.handlers.erasure import Erasure
from services.comment.handlers.housekeeping import Housekeeping
from services.comment.handlers.judgement import Judgement, LateJudgement
from services.comment.handlers.moderation import Moderation
from services.comment.handlers.personal_data import PersonalData
from services.comment.handlers.reading import Reading
from services.comment.handlers.watching import Watching
from services.comment.hub import Hub
from services.comment.servicer import CommentServicer, ModerationServicer, PersonalDataServicer
from services.comment.settings import CommentSettings
from services.comment.store.backlog import TOPIC
from services.comment.tables import outbox
from services.storage.backoff import Backoff
from services.storage.database import Database
from services.storage.migration import upgrade
from services.storage.relay import Relay
from services.storage.url import database_url

__all__ = ["MIGRATIONS", "comment"]

MIGRATIONS = Path(__file__).parent / "migrations" / "versions"

# A filter that came back is asked again within seconds.
_BACKOFF = Backoff(first=0.5, at_most=5.0)
_RELAY_GRACE = 2.0


@asynccontextmanager
async def comment(runtime: Runtime, server: Server) -> AsyncIterator[None]:
    """Adds comments, moderation and personal data to the server, and runs what they need beside it."""
    settings = CommentSettings()
    database = Database(database_url("comment"), serving=True)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(database)
        if settings.migrate:
            await asyncio.to_thread(upgrade, database.url, MIGRATIONS)
        hub = Hub(database, poll=settings.watch_poll, most=settings.max_watches)
        posts = Posts(
            runtime.channel("blog"),
            timeout=settings.blog_timeout,
            patience=settings.blog_patience,
            fresh=settings.post_fresh,
            stale=settings.post_stale,
        )
        judgement = Judgement(SpamFilter(runtime.channel("spam")), settings)
        late = LateJudgement(database, judgement, posts, hub, settings, runtime.telemetry)
        relay = Relay(database, outbox, {TOPIC: late}, backoff=_BACKOFF, lease=settings.relay_filter_timeout * 2)
        erasure = Erasure(database, hub, settings)
        _serve(runtime, server, database, settings, hub, posts, judgement, relay, erasure)
        housekeeping = Housekeeping(database, erasure, settings)
        runtime.telemetry.instruments.observe_outbox("comment", lambda: housekeeping.outbox_state)
        for name, work in {
            "housekeeping": housekeeping.look_after_forever(),
            "outbox metrics": housekeeping.observe_outbox(),
            "watch": hub.run(),
        }.items():
            await stack.enter_async_context(runtime.background(work, f"comment {name}"))
        await stack.enter_async_context(_relaying(runtime, relay))
        yield


@asynccontextmanager
async def _relaying(runtime: Runtime, relay: Relay) -> AsyncIterator[None]:
    """What is cancelled waits until its lease is over, so the relay gets a moment to finish what it has begun."""
    async with runtime.background(relay.run(), "comment relay") as task:
        try:
            yield
        finally:
            relay.stop()
            await asyncio.wait([task], timeout=_RELAY_GRACE)


def _serve(
    runtime: Runtime,
    server: Server,
    database: Database,
    settings: CommentSettings,
    hub: Hub,
    posts: Posts,
    judgement: Judgement,
    relay: Relay,
    erasure: Erasure,
) -> None:
    presentation = Presentation(timedelta(seconds=settings.edit_window))

    def traceparent() -> str:
        carrier: dict[str, str] = {}
        runtime.telemetry.propagator.inject(carrier)
        return carrier.get("traceparent", "")

    writing = (database, posts, judgement, presentation, hub, settings, relay.wake, traceparent)
    comments = CommentServicer(
        Creation(*writing),
        Reading(database, posts, presentation),
        Editing(*writing),
        Watching(database, posts, presentation, hub, settings),
    )
    moderation = ModerationServicer(Moderation(database, presentation, hub, settings))
    personal_data = PersonalDataServicer(PersonalData(database, erasure))
    server.add_service(comment_service_pb2.DESCRIPTOR.services_by_name["CommentService"], comments)
    server.add_service(moderation_service_pb2.DESCRIPTOR.services_by_name["ModerationService"], moderation)
    server.add_service(personal_data_service_pb2.DESCRIPTOR.services_by_name["PersonalDataService"], personal_data)
