"""The services that keep data about people, through the one contract that they share."""

from collections.abc import AsyncGenerator

import grpc
from google.protobuf.struct_pb2 import Struct
from hamlet.account.v1.personal_data_service_pb2 import ErasePersonRequest, ExportPersonRequest
from hamlet.account.v1.personal_data_service_pb2_grpc import PersonalDataServiceStub

from mesh.errors import ErrorReason, HamletError
from services.account.settings import AccountSettings

__all__ = ["Keeper"]


class Keeper:
    """One such service."""

    def __init__(self, channel: grpc.aio.Channel, settings: AccountSettings) -> None:
        self._stub, self._settings = PersonalDataServiceStub(channel), settings

    async def erase(self, account_id: str) -> None:
        """
        Raises:
            HamletError: UNAVAILABLE while it does not answer.
        """
        request = ErasePersonRequest(account_id=account_id)
        try:
            await self._stub.ErasePerson(request, timeout=self._settings.erase_timeout)
        except grpc.aio.AioRpcError as error:
            raise _unavailable(error) from None

    async def export(self, account_id: str) -> AsyncGenerator[tuple[str, Struct], None]:
        """(kind, record).

        Raises:
            HamletError: UNAVAILABLE.
        """
        call = self._stub.ExportPerson(ExportPersonRequest(account_id=account_id))
        try:
            async for answer in call:
                yield answer.kind, answer.record
        except grpc.aio.AioRpcError as error:
            raise _unavailable(error) from None
        finally:
            call.cancel()


def _unavailable(error: grpc.aio.AioRpcError) -> HamletError:
    return HamletError(ErrorReason.ERROR_REASON_UNAVAILABLE, retry_after=1.0, debug=f"keeper: {error.code().name}")
