"""How many statements each RPC of accounts takes: as many with many accounts and sessions as with a few."""

from pathlib import Path

import pytest
from hamlet.account.v1 import account_admin_service_pb2 as admin
from hamlet.account.v1 import account_service_pb2 as own
from hamlet.account.v1 import session_service_pb2 as signing
from hamlet.account.v1.account_pb2 import Account
from hamlet.mesh.v1 import key_set_service_pb2 as keys

from mesh.policy import Role
from services.storage.ids import uuid7
from tests.integration.account.elsinore import PASSWORD, elsinore, me
from tests.integration.statements.counting import counted, names_of

pytestmark = pytest.mark.slow
MANY = 6
KEYS = "FROM signing_keys"
"""Now and then whoever signs looks whether there are other keys, however many calls there are."""
EXPECTED = {
    "Register": 3,
    "GetAccount": 1,
    "UpdateAccount": 2,
    "ChangePassword": 15,
    "DeleteAccount": 10,
    "ExportAccount": 2,
    "SignIn": 19,
    "RefreshSession": 7,
    "SignOut": 4,
    "ListAccounts": 1,
    "SetRole": 4,
    "SuspendAccount": 6,
    "UnsuspendAccount": 2,
    "CreateAdmin": 3,
    "RotateSigningKey": 3,
}


async def walk(folder: Path, size: int) -> dict[str, int]:
    """Calls every RPC with `size` accounts, the last of which has as many sessions."""
    folder.mkdir()
    async with elsinore(folder) as castle:
        with counted(without=KEYS) as statements:
            await castle.create_admin("claudius")
            for number in range(size):
                account = await castle.register(f"player{number}", request_id=uuid7())
            player, by_admin = castle.accounts(me(account)), castle.admin()
            # The first time, an account gets the key to its known devices.
            for _ in range(size + 1):
                session = await castle.sign_in(account.username)
            session = await castle.refresh(session)
            await castle.sessions().SignOut(signing.SignOutRequest(refresh_token=session.refresh_token))
            await player.GetAccount(own.GetAccountRequest(account_id="me"))
            named = Account(id="me", display_name="The Player King")
            await player.UpdateAccount(own.UpdateAccountRequest(account=named))
            changed = own.ChangePasswordRequest(account_id="me", current_password=PASSWORD, new_password="thyme " * 3)
            await player.ChangePassword(changed)
            assert len((await by_admin.ListAccounts(admin.ListAccountsRequest())).accounts) == size + 1
            await by_admin.SetRole(admin.SetRoleRequest(account_id=account.id, role=Role.ROLE_AUTHOR))
            await by_admin.SuspendAccount(admin.SuspendAccountRequest(account_id=account.id))
            await by_admin.UnsuspendAccount(admin.UnsuspendAccountRequest(account_id=account.id))
            await by_admin.RotateSigningKey(admin.RotateSigningKeyRequest())
            await castle.keys().GetKeySet(keys.GetKeySetRequest())
            assert len(await castle.export(me(account))) > size
            await player.DeleteAccount(own.DeleteAccountRequest(account_id="me"))
    return statements.of_last()


async def test_no_rpc_asks_more_of_a_full_house(tmp_path: Path) -> None:
    services = [own, admin, signing, keys]
    every = names_of(*(each for module in services for each in module.DESCRIPTOR.services_by_name.values()))
    assert set(EXPECTED) == every - {"GetKeySet"}
    one, many = await walk(tmp_path / "one", 1), await walk(tmp_path / "many", MANY)
    assert one == EXPECTED
    assert many == EXPECTED
