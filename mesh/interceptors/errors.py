"""The error boundary: whatever goes wrong inside, what leaves is a status with a reason and no text of ours."""

import asyncio
import traceback
import uuid

import grpc
import structlog
from hamlet.error.v1.error_reason_pb2 import ErrorReason

from mesh.adapter import AbortedByHandlerError
from mesh.call import Call, Interceptor, Proceed
from mesh.errors import HamletError
from mesh.http import error_headers, is_rest
from mesh.status import STATUS_METADATA_KEY, to_status

__all__ = ["ErrorBoundary"]

_log = structlog.get_logger(__name__)


class ErrorBoundary(Interceptor):
    """The outermost interceptor and the only one that aborts.

    An error that nobody meant becomes INTERNAL with an error id; the log line with the same id
    says where it happened. An exception's own text and variables are not logged, because they may hold what a person
    wrote.
    """

    name = "errors"

    async def intercept(self, call: Call, proceed: Proceed) -> None:
        try:
            await proceed(call)
        except HamletError as error:
            await self._abort(call, error)
        except AbortedByHandlerError as abort:
            await call.context.abort(abort.code, abort.details)
        except (asyncio.CancelledError, grpc.aio.AbortError):
            raise
        except Exception as error:
            await self._abort(call, HamletError(ErrorReason.ERROR_REASON_INTERNAL), cause=error)

    async def _abort(self, call: Call, error: HamletError, cause: Exception | None = None) -> None:
        if error.reason == ErrorReason.ERROR_REASON_INTERNAL:
            error.metadata.setdefault("error_id", uuid.uuid4().hex)
            _log.error(
                "rpc failed",
                method=call.method.path,
                error_id=error.metadata["error_id"],
                debug=error.debug,
                error_type=type(cause or error).__qualname__,
                where=_where(cause or error),
            )
        elif error.debug:
            _log.info("rpc refused", method=call.method.path, reason=error.spec.reason, debug=error.debug)
        status = to_status(error)
        details = (STATUS_METADATA_KEY, status.SerializeToString())
        headers = error_headers(call, error) if is_rest(call) else ()
        await call.context.abort(error.code, status.message, (details, *headers))


def _where(error: Exception) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
