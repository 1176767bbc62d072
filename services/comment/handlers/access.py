"""Who calls, as the rules about comments see it."""

from mesh.call import Call
from mesh.errors import ErrorReason, HamletError
from mesh.policy import Role
from services.comment.domain.comment import Comment
from services.comment.domain.viewer import Viewer

__all__ = ["require_author", "require_visible", "viewer_of"]


def viewer_of(call: Call) -> Viewer:
    principal = call.principal
    if principal is None:
        return Viewer()
    return Viewer(principal.account_id, principal.has_role(Role.ROLE_MODERATOR))


def require_visible(call: Call, comment: Comment) -> None:
    """
    Raises:
        HamletError: COMMENT_NOT_FOUND, also for a comment that exists and is not for this caller.
    """
    if not viewer_of(call).sees(comment):
        raise HamletError(ErrorReason.ERROR_REASON_COMMENT_NOT_FOUND)


def require_author(call: Call, comment: Comment) -> None:
    """Settles who owns the comment, without telling strangers of one that they may not see.

    Raises:
        HamletError: COMMENT_NOT_FOUND, NOT_OWNER.
    """
    require_visible(call, comment)
    call.require_owner(comment.author_id)
