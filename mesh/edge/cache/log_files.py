"""Bounds nginx's logs: a file that has grown is moved aside, over the one before, and nginx opens a new one."""

from collections.abc import Callable
from pathlib import Path

__all__ = ["LogFiles"]


class LogFiles:
    """Two files' worth of each log at most, apart from what is written until somebody looks.

    Args:
        bounds: from which size in bytes on a file is moved aside.
        reopen: tells nginx to open its logs anew; its workers write to the old ones until each has.
    """

    def __init__(self, bounds: dict[Path, int], reopen: Callable[[], None]) -> None:
        self._bounds, self._reopen = bounds, reopen

    def bound(self) -> list[Path]:
        """Moves aside what has grown too large. Returns the paths that were."""
        grown = [path for path, most in self._bounds.items() if path.exists() and path.stat().st_size > most]
        for path in grown:
            path.replace(path.with_name(f"{path.name}.1"))
        if grown:
            self._reopen()
        return grown
