"""`make fuzz-decode`: every RPC of every contract, the whole chain, a million executions."""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.security.fuzz.campaign import fuzz, table


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--seed", type=int, default=int(time.time()))
    told = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = fuzz(Path(folder), told.runs, told.processes, seed=told.seed)
    lines = [table(found), *found.faults, *found.crashes]
    lines.append(f"{time.monotonic() - started:.0f} s, {told.processes} processes, seed {told.seed}")
    summary = found.summary()
    sys.stdout.write("\n".join([*lines, json.dumps(summary)]) + "\n")
    return 1 if summary["internal"] or summary["unknown"] or summary["crashes"] else 0


if __name__ == "__main__":
    sys.exit(main())
