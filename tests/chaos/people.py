"""Who acts in a drill: an administrator, and posts of theirs that take comments."""

import asyncio
from typing import Any

from hamlet.account.v1.account_admin_service_pb2 import CreateAdminRequest
from hamlet.account.v1.account_admin_service_pb2_grpc import AccountAdminServiceStub

from mesh.settings import MeshSettings
from services.cli.operator import operator_channel
from services.cli.rest import RestError, call

__all__ = ["administrator", "comments", "published"]

_TRIES = 5
_LOGIN, _PASSWORD = "gravedigger", "has this fellow no feeling"


async def administrator(settings: MeshSettings, account: str, url: str) -> str:
    """An access token of a new administrator, who may publish and sees every comment.

    Args:
        settings: tell where the operator's certificate is.
        account: the gRPC target of the account service.
        url: of the front door.
    """
    request = CreateAdminRequest(username=_LOGIN, email="gravedigger@example.com", password=_PASSWORD)
    async with operator_channel(settings, "account", account) as channel:
        await AccountAdminServiceStub(channel).CreateAdmin(request)
    session = await asyncio.to_thread(call, url, "/v1/sessions", {"login": _LOGIN, "password": _PASSWORD})
    return str(session.body["accessToken"])


def published(url: str, token: str) -> str:
    """The id of a new published post."""
    post = call(url, "/v1/posts", {"title": "Alas", "body": "I knew him, **Horatio**."}, token=token).body
    call(url, f"/v1/posts/{post['id']}:publish", {}, token=token)
    return str(post["id"])


def comments(url: str, post: str, token: str) -> set[str]:
    """The ids of all comments that a moderator finds under a post."""
    found, page = set[str](), ""
    while True:
        path = f"/v1/posts/{post}/comments?pageSize=100&pageToken={page}"
        answer = _asked(url, path, token)
        found |= {each["id"] for each in answer["comments"]}
        page = answer["nextPageToken"]
        if not page:
            return found


def _asked(url: str, path: str, token: str) -> Any:
    """An answer for whoever counts what was kept, and not how fast it is read: on a busy machine a page may take longer
    than its deadline."""
    for _ in range(_TRIES - 1):
        try:
            return call(url, path, token=token).body
        except RestError as error:
            if error.reason not in {"DEADLINE_EXCEEDED", "UNAVAILABLE"}:
                raise
    return call(url, path, token=token).body
