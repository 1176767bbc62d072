"""An operator's database URL: what is accepted, what is refused, and that no password shows."""

from pathlib import Path

import pytest

from services.storage.url import DatabaseUrlError, database_url, parse_url, sync_url


def test_without_a_setting_a_service_has_a_file_under_the_home(tmp_path: Path) -> None:
    url = database_url("blog", {"HAMLET_HOME": str(tmp_path)})
    assert url.drivername == "sqlite+aiosqlite"
    assert url.database == str(tmp_path / "blog" / "blog.db")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_postgres_urls_get_the_async_driver(scheme: str) -> None:
    url = database_url("blog", {"HAMLET_BLOG_DATABASE_URL": f"{scheme}://ada:secret@db/blog?sslmode=require"})
    assert url.drivername == "postgresql+psycopg"
    assert url.password == "secret"
    assert url.query == {"sslmode": "require"}


@pytest.mark.parametrize(
    "text",
    [
        "mysql://ada:secret@db/blog",
        "nonsense secret",
        "sqlite://",
        "sqlite:///:memory:",
        "postgres://db/x?password=secret",
    ],
)
def test_what_cannot_be_used_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(DatabaseUrlError, match="HAMLET_BLOG_DATABASE_URL") as caught:
        database_url("blog", {"HAMLET_BLOG_DATABASE_URL": text})
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_url_prints_without_its_password() -> None:
    url = parse_url("postgresql://ada:secret@db/blog")
    assert "secret" not in f"{url} {url!r}"


def test_migrations_use_a_blocking_driver() -> None:
    assert sync_url(parse_url("sqlite:///x.db")).drivername == "sqlite+pysqlite"
