"""What the API server answers when it refuses: a `Status` object with Kubernetes' own reasons."""

from http import HTTPStatus
from typing import Any

__all__ = [
    "Refused",
    "conflict",
    "exists",
    "field_conflict",
    "forbidden",
    "invalid",
    "malformed",
    "missing",
    "unknown",
    "unsupported",
]

_REASONS = {
    HTTPStatus.BAD_REQUEST: "BadRequest",
    HTTPStatus.UNAUTHORIZED: "Unauthorized",
    HTTPStatus.FORBIDDEN: "Forbidden",
    HTTPStatus.NOT_FOUND: "NotFound",
    HTTPStatus.METHOD_NOT_ALLOWED: "MethodNotAllowed",
    HTTPStatus.CONFLICT: "Conflict",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "UnsupportedMediaType",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Invalid",
}


class Refused(Exception):  # noqa: N818 - an answer rather than an error of the double's
    """A request that the API server does not carry out."""

    def __init__(self, code: HTTPStatus, message: str, reason: str = "", details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason or _REASONS[code]
        self.details = details or {}

    def status(self) -> dict[str, Any]:
        """The answer's body."""
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": str(self),
            "reason": self.reason,
            "details": self.details,
            "code": int(self.code),
        }


def missing(plural: str, name: str) -> Refused:
    return Refused(HTTPStatus.NOT_FOUND, f'{plural} "{name}" not found', details={"name": name, "kind": plural})


def unknown(path: str) -> Refused:
    return Refused(HTTPStatus.NOT_FOUND, f"the server could not find the requested resource ({path})")


def exists(plural: str, name: str) -> Refused:
    return Refused(HTTPStatus.CONFLICT, f'{plural} "{name}" already exists', "AlreadyExists", {"name": name})


def conflict(plural: str, name: str) -> Refused:
    text = f'Operation cannot be fulfilled on {plural} "{name}": the object has been modified'
    return Refused(HTTPStatus.CONFLICT, text, details={"name": name, "kind": plural})


def field_conflict(conflicts: dict[str, str]) -> Refused:
    """
    Args:
        conflicts: who owns them, by the fields' names.
    """
    causes = [
        {"reason": "FieldManagerConflict", "message": f'conflict with "{manager}"', "field": field}
        for field, manager in sorted(conflicts.items())
    ]
    listed = "\n".join(f"conflict with {manager!r}: {field}" for field, manager in sorted(conflicts.items()))
    text = f"Apply failed with {len(causes)} conflicts: {listed}"
    return Refused(HTTPStatus.CONFLICT, text, details={"causes": causes})


def invalid(kind: str, name: str, field: str, message: str) -> Refused:
    text = f'{kind} "{name}" is invalid: {field}: {message}'
    causes = [{"reason": "FieldValueInvalid", "message": message, "field": field}]
    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, text, details={"name": name, "kind": kind, "causes": causes})


def malformed(message: str) -> Refused:
    return Refused(HTTPStatus.BAD_REQUEST, message)


def forbidden(who: str, verb: str, what: str) -> Refused:
    return Refused(HTTPStatus.FORBIDDEN, f'User "{who}" cannot {verb} {what}')


def unsupported(content_type: str) -> Refused:
    return Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"the double does not read {content_type}")
