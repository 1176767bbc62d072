"""`hamlet`: runs, looks after and looks into a village. Heavy imports wait until a command needs them."""

import asyncio
import sys
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from services.cli.admin import app as admin
from services.cli.certs import app as certs
from services.cli.database import app as database
from services.cli.model import app as model
from services.cli.sbom import app as sbom

__all__ = ["main"]

app = App(name="hamlet", help="A self-hosted blogging platform with a spam filter that you own.", version_flags=[])
for commands in (admin, certs, database, model, sbom):
    app.command(commands)


@app.command
def up(
    *,
    port: Annotated[int, Parameter(env_var="HAMLET_PORT")] = 8080,
    detach: bool = False,
    verbose: bool = False,
    demo: bool | None = None,
) -> int:
    """Start the whole village and keep it up.

    Args:
        port: the front door's port; 0 takes a free one.
        detach: return when it is healthy and leave it running; `hamlet down` ends it.
        verbose: show every line of every log; without it, what matters. All of it is in the home folder's `log`.
        demo: write a demo post with a ham and a spam comment; by default the first time only.
    """
    from services.cli import up as command

    if detach:
        arguments = ["--port", str(port), *(["--verbose"] if verbose else [])]
        arguments += [] if demo is None else ["--demo" if demo else "--no-demo"]
        return command.detach(arguments)
    return asyncio.run(command.up(Console(soft_wrap=True), port=port, verbose=verbose, demo=demo))


@app.command
def down() -> int:
    """End the village that runs from the home folder, and wait until it has drained."""
    from services.cli.down import down as command

    return command(Console(soft_wrap=True))


@app.command
def renew_front() -> int:
    """Put new processes in the place of those behind the front door, after an upgrade say. No request fails."""
    from services.cli.renewal import renew_front as command

    return command(Console(soft_wrap=True))


@app.command
def check() -> int:
    """List what is as it should be, and how to mend what is not."""
    from services.cli.check import check as command

    return asyncio.run(command(Console(soft_wrap=True)))


@app.command
def trace(trace_id: str = "", /, *, limit: int = 20) -> int:
    """Print a trace as a tree, or without an id the last one and a list of those before it.

    Args:
        trace_id: 32 hex digits, or the first few of them.
        limit: how many to list.
    """
    from services.cli.trace import show

    return show(Console(soft_wrap=True), trace_id, limit)


def main() -> None:
    """The console script. An error that an operator can mend is one line, not a traceback."""
    from services.cli.errors import MENDABLE

    try:
        sys.exit(app() or 0)
    except MENDABLE as error:
        Console(stderr=True).print(f"[red]hamlet:[/] {error}", highlight=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
