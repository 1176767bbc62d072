"""However many addresses guess, few guesses are looked at, and the owner signs in all the while."""

from services.storage.database import Database
from tests.security.attack_sign_in import one_account, spraying


async def test_one_account_under_attack(database: Database) -> None:
    attack = await one_account(database, addresses=3, minutes=16)
    assert attack.tried == 96
    assert attack.worst() <= 10
    assert attack.owner == (4, 4)


async def test_one_password_on_many_accounts(database: Database) -> None:
    attack = await spraying(database, addresses=2, accounts=4, minutes=16)
    assert attack.worst() <= 5
    assert attack.owner == (4, 4)
    assert attack.others == (4, 4)
