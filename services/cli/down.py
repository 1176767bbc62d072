"""`hamlet down`: ends the village of this home folder."""

import os
import signal
import time

from rich.console import Console

from services.cli.layout import Layout, NotRunningError, home
from services.cli.refusal import RefusedError

__all__ = ["down"]

_LONGEST = 60.0


def down(console: Console) -> int:
    """Asks the supervisor to drain and waits until it has ended.

    Raises:
        NotRunningError: there is none.
        RefusedError: it did not end.
    """
    folder = home()
    layout = Layout.load(folder)
    os.kill(layout.supervisor_pid, signal.SIGTERM)
    deadline = time.monotonic() + _LONGEST
    while time.monotonic() < deadline:
        try:
            Layout.load(folder)
        except NotRunningError:
            console.print("down; your data is in", str(folder))
            return 0
        time.sleep(0.1)
    raise RefusedError(f"the supervisor (process {layout.supervisor_pid}) has not ended; see {folder / 'log'}")
