"""Every attack for a moment, on the doors that ship: an honest client beside it notices nothing but the time it takes.

`make attack` is the long version, with and without each defence, and with the times.
"""

from pathlib import Path

import pytest

from tests.security.attacks.arsenal import ATTACKS
from tests.security.field.battlefield import battlefield
from tests.security.field.duel import fight
from tests.security.field.victim import Victim
from tests.security.field.weakening import weakening_of

pytestmark = pytest.mark.slow

_MOMENT, _PATIENCE = 0.5, 15.0
_MOST_AT_ONCE = 20
# A machine that tests something else beside this may stand still for a second; a client that never waits would then
# have more streams than a connection may have.


@pytest.mark.parametrize("door", ["grpc", "rest", "service", "insider"])
async def test_no_attack_costs_an_honest_client_an_answer(door: str, tmp_path: Path) -> None:
    hurt = {}
    async with battlefield(door, tmp_path, patience=_PATIENCE) as field:
        for attack in ATTACKS.values():
            if door not in attack.doors:
                continue
            outcome = await fight(attack, field, _MOMENT, Victim(_MOST_AT_ONCE), aside=False)
            assert outcome.calls
            if outcome.failures:
                hurt[attack.name] = outcome.failures
    assert not hurt, hurt


async def test_rapid_reset_shows_where_the_defence_is_taken_out(tmp_path: Path) -> None:
    """The probe can fail: the same attack on the same door, without the edge's reset limits."""
    attack = ATTACKS["rapid reset"]
    weakening = weakening_of(attack.name, "grpc")
    assert weakening is not None
    async with battlefield("grpc", tmp_path, weakening, _PATIENCE) as field:
        outcome = await fight(attack, field, 2.0, aside=False)
    assert outcome.failures
