"""`make fuzz-decode`: every RPC of every contract, the whole chain, a million executions.

With `--folder` a campaign that was ended, by SIGTERM, `--seconds` or anything else, goes on where it was.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.security.fuzz.campaign import StaleError, doubts, fuzz, table

BAD = ("internal", "unknown", "other_faults", "leaks", "crashes")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=1_000_000, help="executions, those of earlier parts among them")
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--seed", type=int, default=int(time.time()) % 1_000_000)
    parser.add_argument("--seconds", type=float, default=1e9, help="end after so long, although it is not done")
    parser.add_argument("--folder", type=Path, help="where what is found is kept")
    parser.add_argument("--real", action="store_true", help="with the services' handlers behind the chain")
    told = parser.parse_args()
    kind = "real" if told.real else ""
    started = time.monotonic()
    with ExitStack() as stack:
        folder = told.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        try:
            found = fuzz(folder, told.runs, told.processes, seed=told.seed, seconds=told.seconds, kind=kind)
        except StaleError as error:
            sys.stdout.write(f"the harness is stale:\n{error}\n")
            return 2
    summary, doubted = found.summary(), list(doubts(found))
    lines = [table(found), "", *found.faults, *found.crashes, *doubted]
    lines.append(f"{time.monotonic() - started:.0f} s, {told.processes} processes, seed {told.seed}")
    sys.stdout.write("\n".join([*lines, json.dumps(summary)]) + "\n")
    return 1 if doubted or any(summary[bad] for bad in BAD) else 0


if __name__ == "__main__":
    sys.exit(main())
