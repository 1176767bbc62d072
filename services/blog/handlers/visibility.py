"""Who sees a post."""

from mesh.call import Call
from mesh.errors import ErrorReason, HamletError
from mesh.policy import Role
from services.blog.domain.post import Post, State

__all__ = ["require_author", "require_visible"]


def require_visible(call: Call, post: Post) -> None:
    """Everybody sees what is published; the rest its author and moderators, and to others it does not exist.

    Raises:
        HamletError: POST_NOT_FOUND.
    """
    if post.state == State.PUBLISHED or _is_concerned(call, post):
        return
    raise HamletError(ErrorReason.ERROR_REASON_POST_NOT_FOUND)


def require_author(call: Call, post: Post) -> None:
    """Settles who owns the post.

    Raises:
        HamletError: NOT_OWNER for a post that the caller sees, POST_NOT_FOUND for one that they do not.
    """
    require_visible(call, post)
    call.require_owner(post.author_id)


def _is_concerned(call: Call, post: Post) -> bool:
    principal = call.principal
    if principal is None:
        return False
    return principal.account_id == post.author_id or principal.has_role(Role.ROLE_MODERATOR)
