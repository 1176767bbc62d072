"""Fixtures of every store suite: each test runs on SQLite and on PostgreSQL, on a database of its own.

A service's suite (`tests/store/<service>/conftest.py`) overrides `migrations` with its folder of migrations and then
uses `database`: a `Database` whose schema the migrations made.
"""

import itertools
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import cast

import pytest

from mesh.testing.postgres import PostgresServer, postgres_server
from services.storage.database import Database
from services.storage.migration import upgrade

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL for each test process, started when the first test asks for it."""
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def database_kind(request: pytest.FixtureRequest) -> str:
    return cast(str, request.param)


@pytest.fixture
def database_url(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a fresh, empty database."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"test_{next(_numbers)}"
    yield server.create(name)
    server.drop(name)


@pytest.fixture(scope="session")
def migrations() -> Path:
    """The folder of a service's migrations. Overridden by the service's suite."""
    raise pytest.UsageError("override the fixture `migrations` in tests/store/<service>/conftest.py")


Template = Callable[[str, Path], str]


@pytest.fixture(scope="session")
def migrated_template(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Template:
    """Migrates one database for each kind and folder of migrations; tests get copies, which is much faster."""
    made: dict[tuple[str, Path], str] = {}

    def template(kind: str, folder: Path) -> str:
        """The name of a PostgreSQL database, or the path of a SQLite file."""
        if (kind, folder) not in made:
            if kind == "sqlite":
                name = str(tmp_path_factory.mktemp("template") / "migrated.db")
                upgrade(f"sqlite:///{name}", folder)
            else:
                server: PostgresServer = request.getfixturevalue("postgres")
                name = f"template_{next(_numbers)}"
                upgrade(server.create(name), folder)
            made[kind, folder] = name
        return made[kind, folder]

    return template


@pytest.fixture
def migrated_url(
    database_kind: str,
    migrations: Path,
    migrated_template: Template,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Iterator[str]:
    """The URL of a fresh database with the schema of `migrations`."""
    template = migrated_template(database_kind, migrations)
    if database_kind == "sqlite":
        shutil.copy(template, tmp_path / "store.db")
        yield f"sqlite:///{tmp_path / 'store.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"test_{next(_numbers)}"
    yield server.create(name, template=template)
    server.drop(name)


@pytest.fixture
async def database(migrated_url: str) -> AsyncIterator[Database]:
    """A service's database, empty, at the head of its migrations."""
    async with Database(migrated_url, pool_size=4) as opened:
        yield opened
