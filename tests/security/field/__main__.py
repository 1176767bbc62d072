"""`make attack`: every attack on every door that it is for, with the defence and without it.

Arguments name attacks, doors, or an attack on a door (`"grpc:zero window"`); none means all.
"""

import asyncio
import sys
import time
from collections.abc import Iterator

from tests.security.attacks.arsenal import ATTACKS, Attack
from tests.security.field.duel import Outcome, duel, median
from tests.security.field.report import INSIDE, LATE_MS, Row, header, line, verdict
from tests.security.field.weakening import SHIPPED, Weakening, weakening_of

_MEASURED_SECONDS = 5.2
"""At least so long an attack on the defended goes on: a percentile wants five hundred calls."""
_AGAIN = 2
"""An attack does each time what it does, a neighbour on the machine does not: where the victim was late, the median of
three is told, and every failure of the three."""


def _programme(chosen: set[str]) -> Iterator[tuple[Attack, str, Weakening]]:
    for attack in ATTACKS.values():
        for door in attack.doors:
            if not chosen or chosen & {attack.name, door, f"{door}:{attack.name}"}:
                yield attack, door, SHIPPED
                if (weakening := weakening_of(attack.name, door)) is not None:
                    yield attack, door, weakening


async def _main(chosen: set[str]) -> None:
    _say(header())
    rows, started = [], time.monotonic()
    for attack, door, weakening in _programme(chosen):
        rows.append(Row(attack.name, door, weakening.what, await _outcome(attack, door, weakening)))
        _say(line(rows[-1]))
    _say(f"\n{len(rows)} duels in {time.monotonic() - started:.0f} s")
    _say(verdict(rows))


async def _outcome(attack: Attack, door: str, weakening: Weakening) -> Outcome:
    if weakening is not SHIPPED:
        return await duel(attack, door, weakening, attack.seconds)
    seconds = max(attack.seconds, _MEASURED_SECONDS)
    outcomes = [await duel(attack, door, SHIPPED, seconds)]
    if outcomes[0].p99_ms > LATE_MS and door != INSIDE:
        outcomes += [await duel(attack, door, SHIPPED, seconds) for _ in range(_AGAIN)]
    return median(outcomes)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_main(set(sys.argv[1:])))
