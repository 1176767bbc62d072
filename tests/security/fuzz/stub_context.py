"""grpc.aio's side of a call, without a connection: what a handler is given, and how it answered."""

import re
from typing import Any, NoReturn

import grpc
from google.rpc import error_details_pb2, status_pb2

__all__ = ["IllegalMetadataError", "StubContext"]

_NAME, _TEXT = re.compile(r"[0-9a-z_.-]+"), re.compile(r"[\x20-\x7e]*")
_MOST_METADATA = 8 * 1024
"""`grpc.max_metadata_size`: beyond it a client may refuse an answer whole."""


class IllegalMetadataError(Exception):
    """Metadata that grpc refuses to send, or that its client refuses to take."""


class StubContext:
    """A context whose peer has a certificate; `outcome` says how the call ended: `OK`, or code and reason.

    Args:
        names: of the peer's certificate.
        left: seconds until the caller's deadline.
    """

    Aborted = grpc.aio.AbortError

    def __init__(self, names: list[bytes], metadata: list[tuple[str, str | bytes]], left: float | None) -> None:
        self._metadata, self._names, self._left = tuple(metadata), names, left
        self.code = grpc.StatusCode.OK
        self.reason = ""
        self.written = 0
        self.reached = False
        """Whether a handler was."""

    @property
    def outcome(self) -> str:
        return f"{self.code.name} {self.reason}".strip()

    def invocation_metadata(self) -> Any:
        return self._metadata

    def time_remaining(self) -> float | None:
        return self._left

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

    async def send_initial_metadata(self, metadata: Any) -> None:
        _require_legal(metadata)

    def set_trailing_metadata(self, metadata: Any) -> None:
        _require_legal(metadata)

    def trailing_metadata(self) -> Any:
        return ()

    def leave(self) -> None:
        """The client goes away."""
        self.code, self.reason = grpc.StatusCode.CANCELLED, "by the client"

    async def abort(self, code: grpc.StatusCode, details: str = "", trailing_metadata: Any = ()) -> NoReturn:
        _require_legal(trailing_metadata)
        self.code = code
        for key, value in trailing_metadata or ():
            if key == "grpc-status-details-bin":
                self.reason = _reason(value)
        raise grpc.aio.AbortError

    async def abort_with_status(self, status: Any) -> NoReturn:
        await self.abort(status.code, status.details, status.trailing_metadata)


def _require_legal(metadata: Any) -> None:
    size = 0
    for key, value in metadata or ():
        binary = key.endswith("-bin")
        if not _NAME.fullmatch(key) or isinstance(value, bytes) != binary:
            raise IllegalMetadataError(key)
        if not binary and not _TEXT.fullmatch(value):
            raise IllegalMetadataError(key)
        size += len(key) + len(value) + 32
    if size > _MOST_METADATA:
        raise IllegalMetadataError(f"{size} bytes")


def _reason(details: bytes) -> str:
    info = error_details_pb2.ErrorInfo()
    for each in status_pb2.Status.FromString(details).details:
        if each.Unpack(info):
            return str(info.reason)
    return ""
