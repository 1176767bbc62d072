"""A secret comes by file as well as by variable, never by both, and never into an error."""

from pathlib import Path

import pytest

from mesh.secret_file import SecretFileError, secret
from services.account.settings import AccountSettings
from services.storage.url import DatabaseUrlError, database_url

URL = {"HAMLET_BLOG_DATABASE_URL": "postgresql://blog@db/blog"}


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "secret"
    path.write_text("p@ss: word/\n")
    return str(path)


def test_it_is_read_from_the_file_without_the_line_s_end(file: str) -> None:
    assert secret("X", {"X_FILE": file}) == "p@ss: word/"
    assert secret("X", {"X": "given"}) == "given"
    assert secret("X", {}) is None


def test_two_secrets_are_one_too_many(file: str) -> None:
    with pytest.raises(SecretFileError, match="both set"):
        secret("X", {"X": "given", "X_FILE": file})


def test_a_database_s_password_is_the_file_s(file: str) -> None:
    url = database_url("blog", URL | {"HAMLET_BLOG_DATABASE_PASSWORD_FILE": file})
    assert (url.username, url.password, url.host) == ("blog", "p@ss: word/", "db")
    assert "p@ss" not in str(url)


def test_a_url_s_own_password_stands(file: str) -> None:
    told = {"HAMLET_BLOG_DATABASE_URL": "postgresql://blog:own@db/blog", "HAMLET_BLOG_DATABASE_PASSWORD_FILE": file}
    assert database_url("blog", told).password == "own"


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(DatabaseUrlError, match=r"HAMLET_BLOG_DATABASE_PASSWORD_FILE: /nowhere/it: No such file"):
        database_url("blog", URL | {"HAMLET_BLOG_DATABASE_PASSWORD_FILE": "/nowhere/it"})


def test_what_encrypts_signing_keys_comes_by_file_too(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAMLET_ACCOUNT_KEY_SECRET_FILE", file)
    assert AccountSettings().key_secret.get_secret_value() == "p@ss: word/"
