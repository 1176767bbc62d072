"""A supervised process that can be followed, in a few lines."""

import sys
from pathlib import Path

from services.cli.supervisor import ChildSpec, Supervisor

__all__ = ["line"]

FOLLOWS_OR_NOT = """
import os, pathlib, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
place, fate = map(pathlib.Path, sys.argv[1:])
before = place.read_text() if place.exists() else ""
if before and fate.exists():
    sys.exit(1)
place.write_text(str(os.getpid()))
if before:
    os.kill(int(before), signal.SIGTERM)
signal.pause()
"""


def line(tmp_path: Path) -> Supervisor:
    """Of one process, which another that is started beside it ends; unless it fails, because of a file `fate`."""
    place = tmp_path / "place"

    async def probe() -> bool:
        return place.exists()

    command = [sys.executable, "-c", FOLLOWS_OR_NOT, str(place), str(tmp_path / "fate")]
    return Supervisor([ChildSpec("edge", command, probe, start_seconds=20.0, hands_over=True)], lambda *_: None)
