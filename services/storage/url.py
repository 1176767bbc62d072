"""Which database a service uses, as a SQLAlchemy URL with an async driver.

A URL is passed around as `sqlalchemy.URL`, whose str() and repr() mask the password.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from mesh.secret_file import SecretFileError, secret

__all__ = ["DatabaseUrlError", "database_url", "is_sqlite", "parse_url", "sqlite_path", "sync_url"]

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


class DatabaseUrlError(ValueError):
    """The operator's database URL cannot be used. Its text never holds the URL."""


def database_url(service: str, environ: Mapping[str, str] | None = None) -> URL:
    """The database of a service.

    `HAMLET_<SERVICE>_DATABASE_URL` if it is set, else a SQLite file `HAMLET_HOME/<service>/<service>.db`
    (HAMLET_HOME is `var` by default). `HAMLET_<SERVICE>_DATABASE_PASSWORD`, or the file that its `_FILE` names, is the
    password of a URL without one.

    Raises:
        DatabaseUrlError: the variable holds no URL of SQLite or PostgreSQL, or the password's file cannot be read.
    """
    environ = os.environ if environ is None else environ
    variable = f"HAMLET_{service.upper()}_DATABASE_URL"
    if configured := environ.get(variable, "").strip():
        try:
            return _with_password(parse_url(configured), secret(f"HAMLET_{service.upper()}_DATABASE_PASSWORD", environ))
        except DatabaseUrlError as error:
            raise DatabaseUrlError(f"{variable}: {error}") from None
        except SecretFileError as error:
            raise DatabaseUrlError(str(error)) from None
    home = Path(environ.get("HAMLET_HOME") or "var")
    return URL.create(_DRIVERS["sqlite"], database=str(home.absolute() / service / f"{service}.db"))


def _with_password(url: URL, password: str | None) -> URL:
    return url if password is None or url.password is not None else url.set(password=password)


def parse_url(text: str | URL) -> URL:
    """A URL with its async driver: `postgresql://...`, `postgres://...` or `sqlite:///file`.

    Raises:
        DatabaseUrlError: it is none of these, names no SQLite file, or has its password in the query, where
            masking does not reach.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise DatabaseUrlError("not a database URL such as postgresql://user@host/database") from None
    if url.drivername not in _DRIVERS:
        raise DatabaseUrlError(f"cannot use {url.drivername}; use sqlite or postgresql")
    if "password" in url.query:
        raise DatabaseUrlError("put the password before the host, not into the query")
    url = url.set(drivername=_DRIVERS[url.drivername])
    if is_sqlite(url) and url.database in (None, "", ":memory:"):
        raise DatabaseUrlError("SQLite needs a file: sqlite:////var/lib/hamlet/blog.db")
    return url


def is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def sqlite_path(url: URL) -> Path:
    """The file of a SQLite URL."""
    return Path(url.database or "")


def sync_url(url: URL) -> URL:
    """The same database through a blocking driver, for migrations."""
    return url.set(drivername="sqlite+pysqlite") if is_sqlite(url) else url
