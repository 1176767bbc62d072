"""A fuzzer whose calls are all refused at the door finds nothing. So before it begins it shows that it gets through,
and that it would see a fault."""

from collections.abc import Iterator
from pathlib import Path

from tests.security.fuzz.harness import PLANTED, Harness
from tests.security.fuzz.mutation import Seeds

__all__ = ["STALE", "StaleHarnessError", "self_check"]

STALE = 3
"""The exit status of a process that found itself so."""


class StaleHarnessError(Exception):
    """The harness is no longer a server to the chain: what it found would mean nothing."""


def self_check(harness: Harness, seeds: Seeds, folder: Path) -> None:
    """Calls each RPC as the contract admits it, and one with a planted bug.

    Raises:
        StaleHarnessError: a good call was not answered, or the bug was not seen.
    """
    problems = [*_refused(harness, seeds), *_unseen(folder, planted=True), *_unseen(folder, planted=False)]
    if problems:
        raise StaleHarnessError("\n".join(problems))


def _refused(harness: Harness, seeds: Seeds) -> Iterator[str]:
    for index, known_good in enumerate(seeds.valid):
        ran = harness.rightly(index, known_good[0])
        # What a real handler says of good bytes is its own business.
        # The second message of a stream is half a one, which is refused; the first was not.
        streamed = harness.rpcs[index].descriptor
        taken = ran.reached and (
            not harness.empty or ran.outcome == "OK" or (streamed is not None and streamed.client_streaming)
        )
        if not taken:
            yield f"{ran.path}: a good call was answered with {ran.outcome}"


def _unseen(folder: Path, *, planted: bool) -> Iterator[str]:
    where = folder / f"planted-{planted}"
    where.mkdir()
    with Harness.in_folder(where, planted=planted) as other:
        outcome = other.rightly(0, PLANTED).outcome
    if planted != outcome.startswith("INTERNAL"):
        yield f"with planted={planted}, a call was answered with {outcome}"
