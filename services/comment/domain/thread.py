"""Where a comment stands in the discussion: a materialised path that sorts bytewise into thread order.

A path is the path of the parent followed by the comment's own id in hexadecimal. Ids are UUIDv7, so that siblings sort
by time, and all segments are equally long, so that a comment's replies are exactly the paths that begin with its own.
"""

from mesh.errors import ErrorReason, HamletError

__all__ = ["after_replies", "depth_of_reply", "paths_above", "reply_path"]

_SEGMENT = 32
_AFTER_ANY_DIGIT = "g"


def reply_path(parent_path: str, comment_id: str) -> str:
    """The path of a comment; `parent_path` is "" at the top."""
    return parent_path + comment_id.replace("-", "")


def paths_above(path: str) -> list[str]:
    """The paths of all ancestors, the topmost first."""
    return [path[:end] for end in range(_SEGMENT, len(path), _SEGMENT)]


def after_replies(path: str) -> str:
    """The least text that sorts after every reply to the comment at `path`: replies are in `path < p < this`."""
    return path + _AFTER_ANY_DIGIT


def depth_of_reply(parent_depth: int, deepest: int) -> int:
    """
    Raises:
        HamletError: THREAD_TOO_DEEP.
    """
    if parent_depth >= deepest:
        raise HamletError(ErrorReason.ERROR_REASON_THREAD_TOO_DEEP)
    return parent_depth + 1
