"""grpc.aio's side of a call, without a connection: what a handler is given, and how it answered."""

from typing import Any, NoReturn

import grpc
from google.rpc import error_details_pb2, status_pb2

__all__ = ["StubContext"]


class StubContext:
    """A context whose peer has a certificate; `outcome` says how the call ended: `OK`, or code and reason."""

    Aborted = grpc.aio.AbortError

    def __init__(self, workload: str, metadata: list[tuple[str, str | bytes]], trust_domain: str) -> None:
        self._metadata = metadata
        self._names = [f"spiffe://{trust_domain}/{workload}".encode()] if workload else []
        self.code = grpc.StatusCode.OK
        self.reason = ""
        self.written = 0

    @property
    def outcome(self) -> str:
        return f"{self.code.name} {self.reason}".strip()

    def invocation_metadata(self) -> Any:
        return tuple(self._metadata)

    def time_remaining(self) -> float | None:
        return None

    def peer_identity_key(self) -> str | None:
        return "x509_subject_alternative_name" if self._names else None

    def peer_identities(self) -> list[bytes] | None:
        return self._names or None

    def auth_context(self) -> dict[str, list[bytes]]:
        return {"x509_subject_alternative_name": self._names}

    def peer(self) -> str:
        return "ipv4:127.0.0.1:50000"

    def cancelled(self) -> bool:
        return False

    def done(self) -> bool:
        return False

    async def write(self, message: bytes) -> None:
        self.written += 1

    async def send_initial_metadata(self, metadata: Any) -> None: ...

    def set_trailing_metadata(self, metadata: Any) -> None: ...

    def trailing_metadata(self) -> Any:
        return ()

    async def abort(self, code: grpc.StatusCode, details: str = "", trailing_metadata: Any = ()) -> NoReturn:
        self.code = code
        for key, value in trailing_metadata or ():
            if key == "grpc-status-details-bin":
                self.reason = _reason(value)
        raise grpc.aio.AbortError

    async def abort_with_status(self, status: Any) -> NoReturn:
        await self.abort(status.code, status.details, status.trailing_metadata)


def _reason(details: bytes) -> str:
    info = error_details_pb2.ErrorInfo()
    for each in status_pb2.Status.FromString(details).details:
        if each.Unpack(info):
            return str(info.reason)
    return ""
