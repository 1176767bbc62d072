"""What somebody wants to write, checked before it becomes a comment."""

from dataclasses import dataclass, field

from mesh.errors import ErrorReason, HamletError, Violation

__all__ = ["Draft", "require_text", "signed"]

_NUL = "\x00"
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Draft:
    """What the sender gave of themselves and the text."""

    parent_id: str
    author_name: str = field(repr=False)
    author_email: str = field(repr=False)
    author_url: str = field(repr=False)
    text: str = field(repr=False)


def require_text(text: str) -> None:
    """
    Raises:
        HamletError: INVALID_REQUEST for a text that is blank or holds NUL, which no database keeps alike.
    """
    if not text.strip():
        raise _invalid("comment.text", "value is required", "REQUIRED")
    _refuse_nul("comment.text", text)


def signed(draft: Draft, account_name: str | None) -> Draft:
    """The draft as its author signs it: an account's name is its own and it needs no address, a guest gives both.

    Args:
        account_name: None for a guest.

    Raises:
        HamletError: INVALID_REQUEST for a guest without a name.
    """
    _refuse_nul("comment.author_name", draft.author_name)
    if account_name is not None:
        name = account_name[:_LONGEST_NAME]
        return Draft(draft.parent_id, name, "", draft.author_url, draft.text)
    if not draft.author_name.strip():
        raise _invalid("comment.author_name", "a guest gives a name", "REQUIRED")
    return draft


def _refuse_nul(field_name: str, value: str) -> None:
    if _NUL in value:
        raise _invalid(field_name, "value must not contain NUL", "NUL")


def _invalid(field_name: str, description: str, reason: str) -> HamletError:
    violation = Violation(field_name, description, reason)
    return HamletError(ErrorReason.ERROR_REASON_INVALID_REQUEST, violations=[violation])
