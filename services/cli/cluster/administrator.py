"""`python -m services.cli.cluster.administrator`: the first administrator, from a Secret; nobody where there is one.

`HAMLET_ADMIN_USERNAME`, `HAMLET_ADMIN_EMAIL` and `HAMLET_ADMIN_PASSWORD` (or the file of `HAMLET_ADMIN_PASSWORD_FILE`)
say who, `HAMLET_ACCOUNT_TARGET` where, and `HAMLET_ADMIN_PATIENCE` for how many seconds the account service may still
be on its way.
"""

import asyncio
import os
import sys
import time

import grpc
from hamlet.account.v1.account_admin_service_pb2 import CreateAdminRequest
from hamlet.account.v1.account_admin_service_pb2_grpc import AccountAdminServiceStub

from mesh.secret_file import SecretFileError, secret
from mesh.settings import MeshSettings, endpoint_of
from mesh.status import error_of
from services.cli.operator import operator_channel

__all__ = ["create"]

_PAUSE = 1.0
_LATER = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}
"""It is on its way, or busy with starting; with `only_if_none` nobody is made twice."""


async def create(settings: MeshSettings, target: str, request: CreateAdminRequest, patience: float) -> str:
    """Returns what became of it, for the Job's log.

    Raises:
        grpc.aio.AioRpcError: the account service refuses, or does not answer within `patience` seconds.
    """
    deadline = time.monotonic() + patience
    async with operator_channel(settings, "account", target) as channel:
        stub = AccountAdminServiceStub(channel)
        while True:
            try:
                await stub.CreateAdmin(request)
            except grpc.aio.AioRpcError as failure:
                error = error_of(failure)
                if error is not None and error.spec.reason == "ADMIN_EXISTS":
                    return "there is an administrator already"
                if failure.code() not in _LATER or time.monotonic() > deadline:
                    raise
                await asyncio.sleep(_PAUSE)
            else:
                return f"administrator {request.username} created"


def _main() -> int:
    given = {key: os.environ[f"HAMLET_ADMIN_{key.upper()}"] for key in ("username", "email")}
    try:
        password = secret("HAMLET_ADMIN_PASSWORD", os.environ) or ""
        request = CreateAdminRequest(**given, password=password, only_if_none=True)
        patience = float(os.environ.get("HAMLET_ADMIN_PATIENCE", "300"))
        print(asyncio.run(create(MeshSettings(), endpoint_of("account").target, request, patience)))
    except SecretFileError as refused:
        print(f"no administrator: {refused}")
        return 1
    except grpc.aio.AioRpcError as failure:
        error = error_of(failure)
        broken = [] if error is None else [f"{each.field} {each.description}" for each in error.violations]
        print(f"no administrator: {'; '.join(broken) or failure.code().name}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
