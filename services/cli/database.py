"""`hamlet db`: the services' databases."""

from importlib import resources
from pathlib import Path

from cyclopts import App

__all__ = ["app", "migrations_of"]

app = App(name="db", help="The services' databases.")
WITH_DATABASE = ("account", "blog", "comment")


@app.command
def upgrade(service: str = "", /) -> int:
    """Run the missing migrations of one service or of all. Safe while the village runs.

    Args:
        service: account, blog or comment; all without it.
    """
    from services.cli.refusal import RefusedError
    from services.storage.migration import upgrade as migrate
    from services.storage.url import database_url

    if service and service not in WITH_DATABASE:
        raise RefusedError(f"{service} has no database; there are {', '.join(WITH_DATABASE)}")
    for name in [service] if service else WITH_DATABASE:
        url = database_url(name)
        migrate(url, migrations_of(name))
        print(f"{name:<8} {url.render_as_string(hide_password=True)} is up to date")
    return 0


def migrations_of(service: str) -> Path:
    """The folder of a service's migrations."""
    return Path(str(resources.files(f"services.{service}"))) / "migrations" / "versions"
