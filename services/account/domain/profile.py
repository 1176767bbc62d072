"""What people may write about themselves."""

import unicodedata

from mesh.errors import ErrorReason, HamletError, Violation

__all__ = ["checked_display_name", "require_email"]


def checked_display_name(text: str, field: str) -> str:
    """The name without space around it.

    Args:
        field: of the request, for the violation.

    Raises:
        HamletError: INVALID_REQUEST for control characters and for marks that change the direction of what follows,
            with which a name would forge the page around it.
    """
    name = unicodedata.normalize("NFC", text).strip()
    if any(unicodedata.category(each) == "Cc" or each in _DIRECTIONS for each in name):
        violation = Violation(field, "must not contain control characters", "CONTROL_CHARACTER")
        raise HamletError(ErrorReason.ERROR_REASON_INVALID_REQUEST, violations=[violation])
    return name


def require_email(email: str, field: str) -> None:
    """
    Raises:
        HamletError: INVALID_REQUEST; an account cannot be without an address.
    """
    if not email:
        violation = Violation(field, "must not be empty", "REQUIRED")
        raise HamletError(ErrorReason.ERROR_REASON_INVALID_REQUEST, violations=[violation])


_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
