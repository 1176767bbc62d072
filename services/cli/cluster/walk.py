"""`python -m services.cli.cluster.walk`: what `helm test` runs.

Somebody registers, becomes an author, writes, comments, and finds the trace of the comment in Jaeger; then everything
of theirs is removed again.

`HAMLET_URL` is the front door, `HAMLET_ACCOUNT_TARGET` where an operator makes authors, `HAMLET_JAEGER_URL` Jaeger's
query API, empty where there is none.
"""

import asyncio
import json
import os
import secrets
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

import grpc
from hamlet.account.v1.account_admin_service_pb2 import SetRoleRequest
from hamlet.account.v1.account_admin_service_pb2_grpc import AccountAdminServiceStub
from hamlet.mesh.v1.policy_pb2 import Role

from mesh.settings import MeshSettings, endpoint_of
from services.cli.demo import HAM, DemoAccount, send_comment
from services.cli.operator import operator_channel
from services.cli.rest import RestError, call

__all__ = ["ON_THE_WAY", "NotFoundError", "Walk"]

ON_THE_WAY = frozenset({"edge", "comment", "blog", "spam"})
"""The services that a comment passes."""
_TRACE_SECONDS, _PAUSE = 30.0, 0.5


class NotFoundError(RuntimeError):
    """The trace did not show up, or services are missing from it."""


@dataclass(frozen=True, slots=True)
class Walk:
    """One walk.

    Args:
        make_author: gives the account of an id the role of an author.
        jaeger: Jaeger's URL; without one the trace is not looked for.
        say: gets a line for each step.
    """

    url: str
    make_author: Callable[[str], None]
    jaeger: str
    say: Callable[[str], None]

    def run(self) -> None:
        """
        Raises:
            RestError: the front door refused a step.
            NotFoundError: everything worked but the trace.
        """
        name = f"walker-{secrets.token_hex(4)}"
        person = DemoAccount(name, f"{name}@hamlet.example.com", secrets.token_urlsafe(18))
        account = person.register(self.url)
        self.say(f"registered {name}")
        self.make_author(account)
        token = str(person.sign_in(self.url).body["accessToken"])
        try:
            self._write_and_comment(token)
        finally:
            call(self.url, f"/v1/accounts/{account}", method="DELETE", token=token)

    def _write_and_comment(self, token: str) -> None:
        text = {"title": "A walk through the village", "body": "Written by `helm test`, and removed again."}
        post = str(call(self.url, "/v1/posts", text, token=token).body["id"])
        try:
            call(self.url, f"/v1/posts/{post}:publish", {}, token=token)
            self.say("published a post")
            judged = send_comment(self.url, post, HAM, token)
            self.say(f"commented: {judged.state.lower()}")
            if self.jaeger:
                self._find(judged.trace_id)
        finally:
            call(self.url, f"/v1/posts/{post}", method="DELETE", token=token)

    def _find(self, trace_id: str) -> None:
        deadline = time.monotonic() + _TRACE_SECONDS
        seen: set[str] = set()
        while time.monotonic() < deadline:
            seen = _services(self.jaeger, trace_id)
            if seen >= ON_THE_WAY:
                self.say(f"found trace {trace_id} with {', '.join(sorted(seen))}")
                return
            time.sleep(_PAUSE)
        raise NotFoundError(f"trace {trace_id or '(none)'} lacks {', '.join(sorted(ON_THE_WAY - seen))}")


def _services(jaeger: str, trace_id: str) -> set[str]:
    """Whose spans Jaeger has of a trace (`/api/traces/{id}`, which versions 1 and 2 both serve)."""
    try:
        with urllib.request.urlopen(f"{jaeger}/api/traces/{trace_id}", timeout=5) as answer:  # noqa: S310 - the operator's
            found = json.loads(answer.read())["data"]
    except urllib.error.HTTPError:
        return set()
    return {str(process["serviceName"]) for trace in found for process in trace["processes"].values()}


async def _set_role(account: str) -> None:
    async with operator_channel(MeshSettings(), "account", endpoint_of("account").target) as channel:
        await AccountAdminServiceStub(channel).SetRole(SetRoleRequest(account_id=account, role=Role.ROLE_AUTHOR))


def _main() -> int:
    url, jaeger = os.environ["HAMLET_URL"].rstrip("/"), os.environ.get("HAMLET_JAEGER_URL", "").rstrip("/")
    try:
        Walk(url, lambda account: asyncio.run(_set_role(account)), jaeger, print).run()
    except (RestError, NotFoundError, OSError) as error:
        print(f"stopped: {error}")
        return 1
    except grpc.aio.AioRpcError as error:
        print(f"stopped: no author could be made, {error.code().name}")
        return 1
    print("the village works")
    return 0


if __name__ == "__main__":
    sys.exit(_main())
