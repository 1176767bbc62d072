"""One fuzzing process: `python -m tests.security.fuzz.worker RUNS SECONDS SEED FOLDER [planted | real]`.

atheris (libFuzzer) chooses inputs by what they reach in the mesh. What is found is in FOLDER/tally.json every few
seconds, and a later process goes on from there. It ends after RUNS executions of all processes that used FOLDER, after
SECONDS, on SIGTERM, or when its parent is gone.
"""

import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["mesh"]):
    from tests.security.fuzz.harness import Harness
from tests.security.fuzz.ear import Ear
from tests.security.fuzz.mutation import HEAD, Mutator, Seeds
from tests.security.fuzz.self_check import STALE, StaleHarnessError, self_check
from tests.security.fuzz.tally import TALLY, Tally

_HANG_SECONDS, _MEGABYTES = 30, 1536
_LOOKS_UP_EVERY, _SAVED_EVERY = 256, 3.0


class _Work:
    """What one process does."""

    def __init__(self, harness: Harness, ear: Ear, folder: Path, runs: int, seconds: float) -> None:
        self._harness, self._ear, self._file, self._runs = harness, ear, folder / TALLY, runs
        self.tally = Tally.load(self._file)
        self._ends, self._saved, self._parent = time.monotonic() + seconds, 0.0, os.getppid()
        self._over = False

    def end(self, *_: object) -> None:
        self._over = True

    def one_input(self, data: bytes) -> None:
        if len(data) >= HEAD:
            self._run(data)
        executions = self.tally.executions
        if executions % _LOOKS_UP_EVERY == 0 or self._over:
            self._look_up()
        if self._over or executions >= self._runs:
            self.tally.save(self._file)
            # libFuzzer has no other way to end with success before its own count of runs is full.
            os._exit(0)

    def _run(self, data: bytes) -> None:
        path = self._harness.rpcs[data[0] % len(self._harness.rpcs)].path
        try:
            self.tally.count(self._harness.run(data), data, self._ear.failed)
        except Exception:
            self.tally.crash(path, f"{data.hex()}\n{traceback.format_exc()}")
        while self._ear.heard:
            self.tally.leak(path, self._ear.heard.pop())

    def _look_up(self) -> None:
        now = time.monotonic()
        self._over = self._over or now > self._ends or os.getppid() != self._parent
        if now - self._saved > _SAVED_EVERY:
            self._saved = now
            self.tally.save(self._file)


def main(runs: int, seconds: float, seed: int, folder: Path, kind: str) -> None:
    place = Path(tempfile.mkdtemp())  # In a folder that the campaign removes: this process ends all at once.
    (place / "mesh").mkdir()
    with _harness(place / "mesh", kind) as (harness, words):
        seeds = Seeds(harness.rpcs, random.Random(seed), words)
        try:
            self_check(harness, seeds, place)
        except StaleHarnessError as error:
            sys.stderr.write(f"{error}\n")
            sys.exit(STALE)
        _fuzz(harness, seeds, runs, seconds, seed, folder)


@contextmanager
def _harness(place: Path, kind: str) -> Iterator[tuple[Harness, Sequence[str]]]:
    """And words that its handlers know."""
    if kind == "real":
        with atheris.instrument_imports(include=["services"]):
            from tests.security.fuzz.village import among_the_services
        with among_the_services(place) as (harness, found):
            yield harness, found.words
    else:
        with Harness.in_folder(place, planted=kind == "planted") as harness:
            yield harness, ()


def _fuzz(harness: Harness, seeds: Seeds, runs: int, seconds: float, seed: int, folder: Path) -> None:
    """Does not return: libFuzzer has no other way to end than with its process."""
    ear, corpus = Ear(), folder / "corpus"
    ear.listen()
    corpus.mkdir(exist_ok=True)
    work = _Work(harness, ear, folder, runs, seconds)
    mutator = Mutator(harness.rpcs, seeds, lambda data, most: bytes(atheris.Mutate(data, most)))
    limits = [f"-timeout={_HANG_SECONDS}", f"-rss_limit_mb={_MEGABYTES}", "-max_len=8192", "-len_control=0"]
    quiet = ["-reload=0", "-verbosity=0", "-handle_term=0", "-handle_int=0", f"-artifact_prefix={folder}/"]
    # The seed of each process that goes on is another one, or it would do the same again.
    options = [f"-seed={(seed * 1_000_003 + work.tally.executions) % 2**31 + 1}", *limits, *quiet]
    atheris.Setup([sys.argv[0], *options, str(corpus)], work.one_input, custom_mutator=mutator.mutate)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, work.end)
    atheris.Fuzz()


if __name__ == "__main__":
    runs, seconds, seed, folder, *kind = sys.argv[1:]
    main(int(runs), float(seconds), int(seed), Path(folder), "".join(kind))
