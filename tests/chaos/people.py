"""Who acts in a drill: an administrator, and posts of theirs that take comments."""

from hamlet.account.v1.account_admin_service_pb2 import CreateAdminRequest
from hamlet.account.v1.account_admin_service_pb2_grpc import AccountAdminServiceStub

from mesh.settings import MeshSettings
from services.cli.operator import operator_channel
from services.cli.rest import call
from tests.chaos.fleet import Fleet

__all__ = ["administrator", "published"]

_LOGIN, _PASSWORD = "gravedigger", "has this fellow no feeling"


async def administrator(village: Fleet) -> str:
    """An access token of a new administrator, who may publish and sees every comment."""
    request = CreateAdminRequest(username=_LOGIN, email="gravedigger@example.com", password=_PASSWORD)
    settings = MeshSettings(home=village.home)
    async with operator_channel(settings, "account", village.target["account"]) as channel:
        await AccountAdminServiceStub(channel).CreateAdmin(request)
    return str(call(village.layout.url, "/v1/sessions", {"login": _LOGIN, "password": _PASSWORD}).body["accessToken"])


def published(village: Fleet, token: str) -> str:
    """The id of a new published post."""
    url = village.layout.url
    post = call(url, "/v1/posts", {"title": "Alas", "body": "I knew him, **Horatio**."}, token=token).body
    call(url, f"/v1/posts/{post['id']}:publish", {}, token=token)
    return str(post["id"])
