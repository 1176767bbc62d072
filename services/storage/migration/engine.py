"""Blocking connections for migrations, and the lock that lets one process migrate at a time."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Connection, create_engine, pool, text

from services.storage.sqlite import begin_with, set_pragmas
from services.storage.url import is_sqlite, parse_url, sqlite_path, sync_url

__all__ = ["connected", "migrating"]

# PostgreSQL: a migration that waits for a lock makes everybody queue behind it, so it gives up soon.
_LOCK_TIMEOUT = "5s"
_LOCK_KEY = int.from_bytes(hashlib.blake2b(b"hamlet migration", digest_size=8).digest(), signed=True)


@contextmanager
def connected(url: str | URL) -> Iterator[Connection]:
    """A connection that is closed afterwards. On SQLite, DDL is part of the transaction and foreign keys sleep."""
    parsed = parse_url(url)
    if is_sqlite(parsed):
        sqlite_path(parsed).parent.mkdir(parents=True, exist_ok=True)
        connect_args: dict[str, object] = {"isolation_level": None, "timeout": 30.0}
    else:
        connect_args = {"connect_timeout": 10}
    engine = create_engine(sync_url(parsed), poolclass=pool.NullPool, hide_parameters=True, connect_args=connect_args)
    if is_sqlite(parsed):
        # Batch mode drops and renames tables, which would cascade with foreign keys on.
        set_pragmas(engine, {"journal_mode": "WAL", "synchronous": "FULL", "foreign_keys": "OFF"})
        begin_with(engine, "BEGIN")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def migrating(url: str | URL) -> Iterator[Connection]:
    """As `connected`, while no other process migrates the same database."""
    parsed = parse_url(url)
    if is_sqlite(parsed):
        with _file_lock(parsed), connected(parsed) as connection:
            yield connection
        return
    with connected(parsed) as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK_KEY})
        # After the advisory lock, for which two replicas may well wait longer.
        connection.execute(text(f"SET lock_timeout = '{_LOCK_TIMEOUT}'"))
        connection.commit()
        # Closing the connection gives the advisory lock back.
        yield connection


@contextmanager
def _file_lock(url: URL) -> Iterator[None]:
    database = sqlite_path(url)
    database.parent.mkdir(parents=True, exist_ok=True)
    path = database.with_name(database.name + ".migration")
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)
