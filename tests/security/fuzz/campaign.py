"""Several fuzzing processes, what they found together, and whether it means anything."""

import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.security.fuzz.contracts import all_rpcs
from tests.security.fuzz.self_check import STALE
from tests.security.fuzz.tally import CLIENT_ERRORS, TALLY, Tally

__all__ = ["StaleError", "doubts", "fuzz", "table"]

ROOT = Path(__file__).resolve().parents[3]
_IN_MEMORY = Path("/dev/shm")
_LEAST_REACHED, _LEAST_REACHED_OF_ONE, _ENOUGH = 0.3, 0.1, 1000


class StaleError(Exception):
    """A process's self check failed."""


def fuzz(folder: Path, runs: int, processes: int, *, seed: int = 1, seconds: float = 1e9, kind: str = "") -> Tally:
    """Runs `processes` side by side until the folder has seen `runs` executions, or for `seconds`.

    Args:
        kind: `planted` puts a bug into the chain, `real` the services behind it.

    Returns:
        What was found, until SIGTERM if that ended it.

    Raises:
        StaleError: the harness is no server any more to the chain.
    """
    with tempfile.TemporaryDirectory(dir=_IN_MEMORY if os.access(_IN_MEMORY, os.W_OK) else None) as scratch:
        running = []
        for number in range(processes):
            share = runs // processes + (number < runs % processes)
            told = [str(share), str(seconds), str(seed + number), str(folder / str(number)), *([kind] if kind else [])]
            running.append((_begun(told, folder / str(number), scratch), folder / str(number)))
        before = signal.signal(signal.SIGTERM, lambda *_: _end(running))
        try:
            found = Tally()
            for process, place in running:
                found.add(_ended(process.wait(), place))
        finally:
            for process, _ in running:
                process.kill()
                process.wait()
            signal.signal(signal.SIGTERM, before)
    return found


def _begun(told: list[str], place: Path, scratch: str) -> "subprocess.Popen[bytes]":
    place.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tests.security.fuzz.worker", *told]
    environment = {**os.environ, "TMPDIR": scratch, "HAMLET_LOG_FORMAT": "json"}
    with (place / "log.txt").open("wb") as log:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)


def _end(running: list[tuple[subprocess.Popen[bytes], Path]]) -> None:
    for process, _ in running:
        process.terminate()


def _ended(status: int, place: Path) -> Tally:
    told = (place / "log.txt").read_text(errors="replace")
    if status == STALE:
        raise StaleError(told)
    tally = Tally.load(place / TALLY)
    if status != 0:
        tally.crash("", f"a process ended with {status}\n{told}")
        tally.save(place / TALLY)
    return tally


def doubts(found: Tally) -> Iterator[str]:
    """Why the campaign means less than its number of executions says."""
    ran = found.outcomes.total()
    if found.reached.total() < ran * _LEAST_REACHED:
        yield f"of {ran} executions only {found.reached.total()} reached a handler"
    for rpc in all_rpcs():
        of_it = sum(count for (path, _), count in found.outcomes.items() if path == rpc.path)
        if not of_it:
            yield f"{rpc.path} was never executed"
        elif of_it >= _ENOUGH and found.reached[rpc.path] < of_it * _LEAST_REACHED_OF_ONE:
            yield f"{rpc.path}: of {of_it} executions only {found.reached[rpc.path]} reached its handler"


def table(found: Tally) -> str:
    """A line for each service."""
    lines = [
        "| service | RPCs | executions | reached the handler | OK | INVALID_ARGUMENT | other client errors "
        "| INTERNAL / UNKNOWN | other faults | leaks | crashes |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for service in sorted({rpc.service for rpc in all_rpcs()}):
        of_it = _of_service(found, service)
        numbers = of_it.summary()
        cells = [
            *(numbers["rpcs"], numbers["executions"], numbers["reached_handler"]),
            *(of_it.answered("OK"), of_it.answered("INVALID_ARGUMENT"), of_it.answered(*CLIENT_ERRORS[1:])),
            *(numbers["internal"] + numbers["unknown"], numbers["other_faults"]),
            *(numbers["leaks"], numbers["crashes"]),
        ]
        lines.append(f"| {service.removeprefix('hamlet.')} | {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def _of_service(found: Tally, service: str) -> Tally:
    prefix = f"/{service}/"
    return Tally(
        Counter({key: count for key, count in found.outcomes.items() if key[0].startswith(prefix)}),
        _beneath(prefix, found.reached),
        _beneath(prefix, found.leaks),
        _beneath(prefix, found.crashed),
    )


def _beneath(prefix: str, counted: Counter[str]) -> Counter[str]:
    return Counter({path: count for path, count in counted.items() if path.startswith(prefix)})
