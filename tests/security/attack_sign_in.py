"""`make attack-sign-in`: two attacks on sign-in over simulated hours, and what they leave of the owner's own sign-ins.

The use cases, their counters and a real database are what runs in production; the clock that counts attempts is moved
by hand, and Argon2id is set to its cheapest, so that hours take seconds. The last line is one JSON object.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mesh.errors import HamletError
from services.account.app import MIGRATIONS
from services.storage.database import Database
from services.storage.migration import upgrade
from tests.store.account.people import PASSWORD, People

__all__ = ["Attack", "one_account", "spraying"]

WINDOW = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Attack:
    """
    Attributes:
        admitted: when a guess at the victim's password was looked at.
        owner: sign-ins on the known device, as (tried, succeeded).
        others: first tries of people elsewhere, as (tried, succeeded).
    """

    name: str
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    tried: int = 0
    admitted: list[datetime] = field(default_factory=list)
    owner: tuple[int, int] = (0, 0)
    others: tuple[int, int] = (0, 0)

    def worst(self) -> int:
        """The most guesses that were looked at in any fifteen minutes."""
        return max(
            (sum(start <= each < start + WINDOW for each in self.admitted) for start in self.admitted), default=0
        )


async def one_account(database: Database, *, addresses: int, minutes: int) -> Attack:
    """Every minute every address guesses at one account, under both its logins; the owner signs in every five."""
    attack = Attack("one account")
    async with People.of(database, lambda: attack.now) as people:
        owner = await people.add("owner")
        device = (await people.sign_in(owner)).device_token
        for minute in range(minutes):
            for number in range(addresses):
                for login in (owner.username, owner.email):
                    if await _signs_in(people, login, f"guess {minute}", _address(number)) != "RATE_LIMITED":
                        attack.admitted.append(attack.now)
                    attack.tried += 1
            if minute % 5 == 0:
                done = await _signs_in(people, owner.username, PASSWORD, _address(0), device)
                attack.owner = _counted(attack.owner, done)
            attack.now += MINUTE
    return attack


async def spraying(database: Database, *, addresses: int, accounts: int, minutes: int) -> Attack:
    """A botnet tries one password a minute from each address, on one account after the other."""
    attack = Attack("spraying")
    async with People.of(database, lambda: attack.now) as people:
        owner = await people.add("owner")
        device = (await people.sign_in(owner)).device_token
        logins = [owner.username, *(f"made-up-{number}" for number in range(1, accounts))]
        turn = 0
        for minute in range(minutes):
            for number in range(addresses):
                login, turn = logins[turn % accounts], turn + 1
                outcome = await _signs_in(people, login, f"guess {turn // accounts}", _address(number))
                if login == owner.username and outcome != "RATE_LIMITED":
                    attack.admitted.append(attack.now)
                attack.tried += 1
            if minute % 5 == 0:
                attack.owner = _counted(attack.owner, await _signs_in(people, "owner", PASSWORD, "", device))
                other = await people.add(f"other-{minute}")
                attack.others = _counted(
                    attack.others, await _signs_in(people, other.username, PASSWORD, f"198.51.100.{minute}")
                )
            attack.now += MINUTE
    return attack


def _address(number: int) -> str:
    return f"2001:db8:{number:x}::1"


def _counted(so_far: tuple[int, int], outcome: str) -> tuple[int, int]:
    return so_far[0] + 1, so_far[1] + (outcome == "OK")


async def _signs_in(people: People, login: str, password: str, address: str, device: str = "") -> str:
    try:
        await people.signing_in.sign_in(login, password, address, device)
    except HamletError as error:
        return error.spec.reason
    return "OK"


async def _run(addresses: int, minutes: int) -> list[Attack]:
    attacks = []
    with tempfile.TemporaryDirectory() as folder:
        for name in ("one", "many"):
            url = f"sqlite:///{Path(folder) / f'{name}.db'}"
            await asyncio.to_thread(upgrade, url, MIGRATIONS)
            async with Database(url) as database:
                if name == "one":
                    attacks.append(await one_account(database, addresses=addresses, minutes=minutes))
                else:
                    attacks.append(await spraying(database, addresses=addresses, accounts=500, minutes=minutes))
    return attacks


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Attacks sign-in; prints what was admitted.")
    parser.add_argument("--addresses", type=int, default=10)
    parser.add_argument("--minutes", type=int, default=45)
    chosen = parser.parse_args(arguments)
    attacks = asyncio.run(_run(chosen.addresses, chosen.minutes))
    out = sys.stdout
    out.write(f"{chosen.addresses} addresses, {chosen.minutes} simulated minutes\n")
    out.write(f"{'attack':<12} {'guesses':>8} {'worst 15 min':>13} {'owner':>8} {'first tries':>12}\n")
    for each in attacks:
        owner, others = "/".join(map(str, each.owner[::-1])), "/".join(map(str, each.others[::-1]))
        out.write(f"{each.name:<12} {each.tried:>8} {each.worst():>13} {owner:>8} {others:>12}\n")
    result = {each.name.replace(" ", "_"): _result(each) for each in attacks}
    out.write(json.dumps(result) + "\n")
    kept = all(each.worst() <= 10 and each.owner[0] == each.owner[1] for each in attacks)
    return 0 if kept else 1


def _result(attack: Attack) -> dict[str, int]:
    found = asdict(attack)
    return {
        "guesses": attack.tried,
        "worst_15_minutes": attack.worst(),
        "owner_tried": found["owner"][0],
        "owner_signed_in": found["owner"][1],
        "others_tried": found["others"][0],
        "others_signed_in": found["others"][1],
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
