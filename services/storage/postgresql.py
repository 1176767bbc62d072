"""PostgreSQL engines: pre-pinged connections, and time limits from the deadline of the call being served."""

from sqlalchemy import URL, Connection, event
from sqlalchemy.ext.asyncio import create_async_engine

from mesh import call as calls
from services.storage.engines import Engines

__all__ = ["postgresql_engines"]

_READ_ONLY = "hamlet_read_only"
# Seconds. The longest statement of work that nobody waits for, such as a relay's.
_STATEMENT_LIMIT = 30.0
# A row that stays locked this long is somebody's slow transaction: the caller learns of the conflict.
_LOCK_LIMIT_MS = 2_000
_IDLE_LIMIT_MS = 60_000


def postgresql_engines(url: URL, *, pool_size: int) -> Engines:
    """All over one pool. Transactions that read are READ ONLY."""
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        pool_use_lifo=True,
        pool_recycle=1800,
        hide_parameters=True,
    )
    event.listen(engine.sync_engine, "begin", _limit_time)
    reader = engine.execution_options(**{_READ_ONLY: True})
    return Engines(reader=reader, scanner=reader, writer=engine)


def _limit_time(connection: Connection) -> None:
    """One round trip that sets, for this transaction alone, what a transaction may cost."""
    read_only = "on" if connection.get_execution_options().get(_READ_ONLY) else "off"
    settings = {
        "statement_timeout": f"{_statement_limit_ms()}",
        "lock_timeout": f"{_LOCK_LIMIT_MS}",
        "idle_in_transaction_session_timeout": f"{_IDLE_LIMIT_MS}",
        "transaction_read_only": read_only,
    }
    calls_of_set_config = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in settings.items())
    connection.exec_driver_sql(f"SELECT {calls_of_set_config}")


def _statement_limit_ms() -> int:
    call = calls.current_or_none()
    limit = _STATEMENT_LIMIT if call is None else call.deadline.budget(_STATEMENT_LIMIT)
    # One more, so that the deadline has passed when the server gives up; and 0 would mean no limit at all.
    return int(limit * 1000) + 1
