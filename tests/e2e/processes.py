"""The processes of a running village."""

from pathlib import Path

from services.cli.layout import Layout

__all__ = ["pid_of"]

_MODULES = {"traces": "mesh.telemetry.receiver", "edge": "services.cli.edge"}


def pid_of(layout: Layout, name: str) -> int:
    """The process that the supervisor started for `name`.

    Raises:
        AssertionError: it does not run.
    """
    wanted, supervisor = _MODULES.get(name, f"services.{name}"), layout.supervisor_pid
    for child in Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split():
        if wanted in Path(f"/proc/{child}/cmdline").read_text().split("\0"):
            return int(child)
    raise AssertionError(f"{name} does not run")
