"""Request headers of HTTP that say what a field of the request says: If-Match, Idempotency-Key, Last-Event-ID.

They fill the field where it is empty. What is sent and cannot be kept is refused: a client that asked for a check must
not believe that it was made.
"""

import re

from google.protobuf.message import Message
from hamlet.error.v1.error_reason_pb2 import ErrorReason

from mesh.call import Call
from mesh.errors import HamletError, Violation
from mesh.http.entity_tags import state_named
from mesh.http.shape import Shape, shape_of

__all__ = ["fill_from_headers"]

# A string of RFC 9651, as draft-ietf-httpapi-idempotency-key-header has it, or the bare key that most clients send.
_KEY = re.compile(r'"([\x20-\x21\x23-\x5b\x5d-\x7e]+)"|([\x21\x23-\x2b\x2d-\x7e]+)')


def fill_from_headers(call: Call, request: Message) -> None:
    """Before the request is validated, so that what a header says is held to the contract's rules too.

    Raises:
        HamletError: INVALID_REQUEST, with the header or field at fault.
    """
    shape = shape_of(call.method)
    if "if-match" in call.metadata and not shape.reads:
        _fill_etag(call, shape, request)
    if "idempotency-key" in call.metadata:
        _fill_request_id(call, shape, request)
    if shape.takes_resume_token and (last := call.metadata.get("last-event-id")):
        # It wins: EventSource reconnects to the URL that it was made with, and says in the header how far it got.
        request.resume_token = last  # type: ignore[attr-defined]


def _fill_etag(call: Call, shape: Shape, request: Message) -> None:
    if not shape.etag:
        raise _refused("if-match", "this call compares no etag", "IF_MATCH_NOT_SUPPORTED")
    header = _only(call, "if-match")
    if header.strip() == "*":
        return  # Something has to exist, and what does not is NOT_FOUND anyway.
    tag = state_named(header)
    if tag is None:
        raise _refused("if-match", 'must be a single entity tag such as "5f1d", or *', "IF_MATCH_MALFORMED")
    holder = request
    for name in shape.etag[:-1]:
        holder = getattr(holder, name)
    _fill(holder, "etag", tag, ".".join(shape.etag), "if-match")


def _fill_request_id(call: Call, shape: Shape, request: Message) -> None:
    if not shape.takes_request_id:
        if call.method.idempotent:
            return
        raise _refused("idempotency-key", "this call takes none", "IDEMPOTENCY_KEY_NOT_SUPPORTED")
    match = _KEY.fullmatch(_only(call, "idempotency-key").strip())
    if match is None:
        raise _refused("idempotency-key", "must be a UUID, quoted or not", "IDEMPOTENCY_KEY_MALFORMED")
    _fill(request, "request_id", match[1] or match[2], "request_id", "idempotency-key")


def _fill(holder: Message, name: str, value: str, field: str, header: str) -> None:
    sent = getattr(holder, name)
    if sent and sent != value:
        raise _refused(field, f"differs from the header {header}", "HEADER_CONFLICT")
    setattr(holder, name, value)


def _only(call: Call, header: str) -> str:
    """The header's one value; several lines are one list (RFC 9110, 5.3), which none of these headers is here."""
    pairs = call.context.invocation_metadata() or ()
    return ", ".join(str(value) for key, value in pairs if key == header)


def _refused(field: str, description: str, reason: str) -> HamletError:
    return HamletError(ErrorReason.ERROR_REASON_INVALID_REQUEST, violations=[Violation(field, description, reason)])
