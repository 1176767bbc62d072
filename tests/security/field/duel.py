"""One attack on one door while an honest client calls, with the defence or without it."""

import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tests.security.attacks.arsenal import Attack
from tests.security.attacks.door import Door, Tally
from tests.security.field.battlefield import ROOT, Battlefield, battlefield
from tests.security.field.memory import Memory
from tests.security.field.victim import Victim
from tests.security.field.weakening import Weakening

__all__ = ["Outcome", "duel", "fight", "median"]

_WARM_UP_CALLS = 30
_MARGIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attack did.

    Attributes:
        failures: of the honest client's calls.
        memory_mib: of the attacked server, before the attack and at its highest.
    """

    calls: int
    failures: list[str]
    p50_ms: float
    p99_ms: float
    memory_mib: tuple[float, float]
    tally: Tally


def median(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome whose p99 is in the middle, with the failures of all."""
    middle = sorted(outcomes, key=lambda each: each.p99_ms)[len(outcomes) // 2]
    return replace(
        middle,
        calls=sum(each.calls for each in outcomes),
        failures=[failure for each in outcomes for failure in each.failures],
    )


async def duel(attack: Attack, door: str, weakening: Weakening, seconds: float) -> Outcome:
    """Starts the servers anew, so that no attack meets what another has left."""
    with tempfile.TemporaryDirectory() as folder:
        async with battlefield(door, Path(folder), weakening) as field:
            return await fight(attack, field, seconds)


async def fight(
    attack: Attack, field: Battlefield, seconds: float, victim: Victim | None = None, *, aside: bool = True
) -> Outcome:
    """Attacks a field that stands, while `victim` calls.

    Args:
        aside: whether the attacker has the processor only when nobody else wants it. On a machine that does other work
            he would not come to anything.
    """
    await asyncio.gather(field.probe(), field.probe())
    for _ in range(_WARM_UP_CALLS):
        await field.probe()
    victim, over = victim or Victim(), asyncio.Event()
    async with Memory(field.pids) as memory:
        suffering = asyncio.create_task(victim.suffer(field.probe, over))
        tally = await _attacker(attack, field.door, seconds, aside=aside)
        over.set()
        await suffering
    return Outcome(
        calls=len(victim.latencies_ms),
        failures=victim.failures,
        p50_ms=victim.percentile_ms(0.5),
        p99_ms=victim.percentile_ms(0.99),
        memory_mib=(memory.before_mib, memory.peak_mib),
        tally=tally,
    )


async def _attacker(attack: Attack, door: Door, seconds: float, *, aside: bool) -> Tally:
    order = json.dumps({"name": attack.name, "seconds": seconds, "door": asdict(door), "aside": aside})
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.security.attacks", order), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(seconds + _MARGIN_SECONDS):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Tally(**json.loads(output))
