"""Wires the account service."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from hamlet.account.v1 import account_admin_service_pb2, account_service_pb2, session_service_pb2
from hamlet.mesh.v1 import key_set_service_pb2

from mesh.errors import HamletError
from mesh.runtime import Runtime
from mesh.server import Server
from services.account.clients import Keeper
from services.account.convert import account_message, etag, exported
from services.account.handlers.administration import Administration
from services.account.handlers.departure import Departure
from services.account.handlers.erasure import Erasure
from services.account.handlers.profile import Profile
from services.account.handlers.registration import Registration
from services.account.handlers.signing_in import SigningIn
from services.account.handlers.throttle import Throttle
from services.account.housekeeping import Housekeeping
from services.account.keyring import KeyRing
from services.account.passwords import Passwords
from services.account.servicer import AccountServicer, AdminServicer, KeySetServicer, SessionServicer
from services.account.settings import AccountSettings
from services.account.tables import keys, outbox
from services.storage.backoff import Backoff
from services.storage.database import Database
from services.storage.housekeeping import purge_forever
from services.storage.migration import upgrade
from services.storage.relay import Relay
from services.storage.url import database_url

__all__ = ["MIGRATIONS", "account"]

MIGRATIONS = Path(__file__).parent / "migrations" / "versions"

_RELAY_GRACE = 2.0
_PATIENCE_SECONDS = 30.0
"""For a database at the start, which may be busy with everybody else's."""


@asynccontextmanager
async def account(runtime: Runtime, server: Server) -> AsyncIterator[None]:
    """Adds accounts, sessions, administration and keys to the server, and runs what they need beside it."""
    settings = AccountSettings()
    settings.require_lead(runtime.settings.key_set_seconds)
    database = Database(database_url("account"), serving=True)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(database)
        if settings.migrate:
            await asyncio.to_thread(upgrade, database.url, MIGRATIONS)
        keyring = KeyRing(database, settings, runtime.settings)
        await _with_a_database(keyring.ensure)
        passwords = Passwords(settings)
        stack.callback(passwords.close)
        keepers = {name: Keeper(runtime.channel(name), settings) for name in settings.keepers}
        relay = Relay(database, outbox, Erasure(database, keepers).handlers, lease=settings.erase_timeout * 2)
        departure = Departure(database, keepers, exported, etag, settings.export_timeout, relay.wake)
        _serve(server, database, settings, keyring, passwords, departure)
        housekeeping = Housekeeping(database, keyring, settings)
        runtime.telemetry.instruments.observe_outbox("account", lambda: housekeeping.outbox_state)
        for name, work in {
            "purge": housekeeping.purge_forever(),
            "outbox metrics": housekeeping.observe_forever(),
            "idempotency keys": purge_forever(database, keys),
        }.items():
            await stack.enter_async_context(runtime.background(work, f"account {name}"))
        await stack.enter_async_context(_relaying(runtime, relay))
        yield


async def _with_a_database(work: Callable[[], Awaitable[None]]) -> None:
    """Works, again and again while the database cannot be reached, but not for ever: then it is for whoever starts us.

    Raises:
        HamletError: UNAVAILABLE.
    """
    until, waits = asyncio.get_running_loop().time() + _PATIENCE_SECONDS, Backoff(first=0.2, at_most=2.0)
    for failures in itertools.count(1):
        try:
            await work()
            return
        except HamletError as error:
            if error.spec.reason != "UNAVAILABLE" or asyncio.get_running_loop().time() > until:
                raise
        await asyncio.sleep(waits.delay(failures))


@asynccontextmanager
async def _relaying(runtime: Runtime, relay: Relay) -> AsyncIterator[None]:
    """What is cancelled waits until its lease is over, so the relay gets a moment to finish what it has begun."""
    async with runtime.background(relay.run(), "account relay") as task:
        try:
            yield
        finally:
            relay.stop()
            await asyncio.wait([task], timeout=_RELAY_GRACE)


def _serve(
    server: Server,
    database: Database,
    settings: AccountSettings,
    keyring: KeyRing,
    passwords: Passwords,
    departure: Departure,
) -> None:
    registration = Registration(database, passwords, account_message)
    throttle = Throttle(database, settings)
    signing_in = SigningIn(database, passwords, keyring, throttle, settings)
    profile = Profile(database, passwords, signing_in, throttle, etag)
    contracts = {
        account_service_pb2: AccountServicer(registration, profile, departure),
        session_service_pb2: SessionServicer(signing_in),
        account_admin_service_pb2: AdminServicer(Administration(database, etag), registration, keyring),
        key_set_service_pb2: KeySetServicer(keyring),
    }
    for contract, servicer in contracts.items():
        for service in contract.DESCRIPTOR.services_by_name.values():
            server.add_service(service, servicer)
