"""`python -m services.cli.cluster.administrator`: the first administrator, from a Secret; nobody where there is one.

`HAMLET_ADMIN_USERNAME`, `HAMLET_ADMIN_EMAIL` and `HAMLET_ADMIN_PASSWORD` say who, `HAMLET_ACCOUNT_TARGET` where.
"""

import asyncio
import os
import sys

import grpc
from hamlet.account.v1.account_admin_service_pb2 import CreateAdminRequest
from hamlet.account.v1.account_admin_service_pb2_grpc import AccountAdminServiceStub

from mesh.settings import MeshSettings, endpoint_of
from mesh.status import error_of
from services.cli.operator import operator_channel

__all__ = ["create"]


async def create(settings: MeshSettings, target: str, request: CreateAdminRequest) -> str:
    """Returns what became of it, for the Job's log.

    Raises:
        grpc.aio.AioRpcError: the account service does not answer, or refuses: the Job is started anew.
    """
    async with operator_channel(settings, "account", target) as channel:
        try:
            await AccountAdminServiceStub(channel).CreateAdmin(request)
        except grpc.aio.AioRpcError as failure:
            error = error_of(failure)
            if error is None or error.spec.reason != "ADMIN_EXISTS":
                raise
            return "there is an administrator already"
    return f"administrator {request.username} created"


def _main() -> int:
    given = {key: os.environ[f"HAMLET_ADMIN_{key.upper()}"] for key in ("username", "email", "password")}
    request = CreateAdminRequest(**given, only_if_none=True)
    try:
        print(asyncio.run(create(MeshSettings(), endpoint_of("account").target, request)))
    except grpc.aio.AioRpcError as failure:
        error = error_of(failure)
        broken = [] if error is None else [f"{each.field} {each.description}" for each in error.violations]
        print(f"no administrator: {'; '.join(broken) or failure.code().name}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
