"""Driver errors as HamletError. What a driver says may hold a row's values, so it never travels."""

import sqlite3

import psycopg
from hamlet.error.v1.error_reason_pb2 import ErrorReason
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from mesh import call as calls
from mesh.errors import HamletError

__all__ = ["RETRY_AFTER", "hamlet_error", "is_lock_timeout"]

# Seconds: what RetryInfo says while a database is away, and after a lost race.
RETRY_AFTER = 1.0
_RETRY_CONFLICT = 0.1

_CONFLICT = ErrorReason.ERROR_REASON_CONFLICT
_UNAVAILABLE = ErrorReason.ERROR_REASON_UNAVAILABLE
_FULL = ErrorReason.ERROR_REASON_STORAGE_FULL
_INVALID = ErrorReason.ERROR_REASON_INVALID_REQUEST
_INTERNAL = ErrorReason.ERROR_REASON_INTERNAL

# PostgreSQL, appendix A: whole codes first, then classes.
_SQLSTATES = {
    "40001": _CONFLICT,  # serialization_failure
    "40P01": _CONFLICT,  # deadlock_detected
    "55P03": _CONFLICT,  # lock_not_available
    "53100": _FULL,  # disk_full
    "57014": _UNAVAILABLE,  # query_canceled
    "57P01": _UNAVAILABLE,  # admin_shutdown
    "57P02": _UNAVAILABLE,  # crash_shutdown
    "57P03": _UNAVAILABLE,  # cannot_connect_now
    "57P05": _UNAVAILABLE,  # idle_session_timeout
    "25P03": _UNAVAILABLE,  # idle_in_transaction_session_timeout
    "22001": _INVALID,  # string_data_right_truncation
    "22003": _INVALID,  # numeric_value_out_of_range
    "22021": _INVALID,  # character_not_in_repertoire
}
_SQLSTATE_CLASSES = {"08": _UNAVAILABLE, "53": _UNAVAILABLE, "58": _UNAVAILABLE}
_NUL = "cannot contain NUL"

# SQLite result codes: the low byte of an extended code. A read-only or failing disk refuses writes as a full one does.
_SQLITE_CODES = {
    sqlite3.SQLITE_BUSY: _CONFLICT,
    sqlite3.SQLITE_LOCKED: _CONFLICT,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_CANTOPEN: _UNAVAILABLE,
    sqlite3.SQLITE_IOERR: _UNAVAILABLE,
    sqlite3.SQLITE_INTERRUPT: _UNAVAILABLE,
}
_SQLITE_WRITE_CODES = {sqlite3.SQLITE_READONLY: _FULL, sqlite3.SQLITE_IOERR: _FULL}


def hamlet_error(error: SQLAlchemyError, *, writing: bool) -> HamletError:
    """What a caller gets for a driver's error.

    CONFLICT for a lost race or a lock, STORAGE_FULL for a disk without room, UNAVAILABLE for a lost or refused
    connection and for timeouts (DEADLINE_EXCEEDED when it was the caller's), INVALID_REQUEST for a value that no
    column can hold, INTERNAL for all else.
    """
    reason = _reason(error, writing=writing)
    call = calls.current_or_none()
    if reason == _UNAVAILABLE and call is not None and call.deadline.expired:
        return HamletError(ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED, debug=_debug(error))
    retry_after = {_CONFLICT: _RETRY_CONFLICT, _UNAVAILABLE: RETRY_AFTER}.get(reason)
    return HamletError(reason, retry_after=retry_after, debug=_debug(error))


def is_lock_timeout(error: DBAPIError) -> bool:
    """Whether a statement gave up because somebody else held a lock for too long."""
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
    return isinstance(error.orig, psycopg.errors.LockNotAvailable)


def _reason(error: SQLAlchemyError, *, writing: bool) -> ErrorReason.ValueType:
    if isinstance(error, PoolTimeoutError):
        return _UNAVAILABLE
    if not isinstance(error, DBAPIError):
        return _INTERNAL
    driver_error = error.orig
    if isinstance(driver_error, sqlite3.Error):
        return _reason_of_sqlite(driver_error, writing=writing)
    if isinstance(driver_error, psycopg.Error):
        return _reason_of_postgresql(driver_error)
    return _UNAVAILABLE if error.connection_invalidated else _INTERNAL


def _reason_of_sqlite(error: sqlite3.Error, *, writing: bool) -> ErrorReason.ValueType:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    codes = {**_SQLITE_CODES, **_SQLITE_WRITE_CODES} if writing else _SQLITE_CODES
    return codes.get(code, _INTERNAL)


def _reason_of_postgresql(error: psycopg.Error) -> ErrorReason.ValueType:
    state = error.sqlstate
    if state is not None:
        return _SQLSTATES.get(state) or _SQLSTATE_CLASSES.get(state[:2], _INTERNAL)
    if isinstance(error, psycopg.DataError) and _NUL in str(error):
        return _INVALID
    # psycopg raises OperationalError without a state for a connection that broke or never came about.
    return _UNAVAILABLE if isinstance(error, psycopg.OperationalError) else _INTERNAL


def _debug(error: SQLAlchemyError) -> str:
    """For the log: what failed and where, without the values that PostgreSQL puts into messages and details."""
    driver_error = error.orig if isinstance(error, DBAPIError) else None
    if isinstance(driver_error, psycopg.Error) and driver_error.sqlstate:
        at = driver_error.diag
        named = [driver_error.sqlstate, at.table_name, at.column_name, at.constraint_name]
        return " ".join([type(driver_error).__name__, *(part for part in named if part)])
    if isinstance(driver_error, sqlite3.Error):
        return f"{getattr(driver_error, 'sqlite_errorname', '')} {driver_error}".strip()
    return f"{type(driver_error or error).__name__}"
