"""`hamlet admin`: administrators, from the operator's machine."""

import asyncio
import getpass
import sys

from cyclopts import App

from services.cli.refusal import RefusedError

__all__ = ["app"]

app = App(name="admin", help="Administrators of a running village.")


@app.command
def create(username: str, email: str, /) -> int:
    """Create an administrator. The password is asked for, or read from standard input where that is no terminal.

    Args:
        username: 3 to 32 of a-z, 0-9, `-` and `_`, starting with a letter.
        email: their e-mail address.
    """
    return asyncio.run(_create(username, email, _password()))


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("Password: ")
    if first != getpass.getpass("Again: "):
        raise RefusedError("the two passwords differ")
    return first


async def _create(username: str, email: str, password: str) -> int:
    import grpc
    from hamlet.account.v1.account_admin_service_pb2 import CreateAdminRequest
    from hamlet.account.v1.account_admin_service_pb2_grpc import AccountAdminServiceStub

    from mesh.settings import MeshSettings
    from mesh.status import error_of
    from services.cli.layout import Layout, home
    from services.cli.operator import operator_channel

    folder = home()
    target = f"ipv4:127.0.0.1:{Layout.load(folder).grpc['account']}"
    async with operator_channel(MeshSettings(home=folder), "account", target) as channel:
        request = CreateAdminRequest(username=username, email=email, password=password)
        try:
            account = await AccountAdminServiceStub(channel).CreateAdmin(request)
        except grpc.aio.AioRpcError as failure:
            error = error_of(failure)
            if error is None:
                raise RefusedError("the account service does not answer; see `hamlet check`") from None
            broken = "; ".join(f"{each.field} {each.description}" for each in error.violations)
            raise RefusedError(broken or error.spec.message) from None
    print(f"administrator {account.username} created")
    return 0
