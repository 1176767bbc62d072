"""The four services as handlers: their real servicers over SQLite, connected with one another as in a village."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message_factory import GetMessageClass

from mesh.policy import Method, Role, methods_of
from mesh.runtime import Application, Runtime
from mesh.server import Server
from mesh.testing.service import ServiceUnderTest, TestMesh, person, serving
from services.account.app import account
from services.blog.app import blog
from services.comment.app import comment
from services.spam.app import spam
from tests.security.fuzz.contracts import all_rpcs
from tests.security.fuzz.harness import Harness

__all__ = ["Village", "among_the_services", "village"]

_ENVIRONMENT = {
    "HAMLET_ACCOUNT_PASSWORD_MEMORY": "19456",
    "HAMLET_ACCOUNT_PASSWORD_PASSES": "2",
    "HAMLET_ACCOUNT_PASSWORD_LANES": "1",
}
_STORY: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    (
        "account",
        "AccountService/Register",
        {"username": "yorick", "email": "y@example.com", "password": "a fool's cap"},
    ),
    (
        "blog",
        "PostService/CreatePost",
        {"post": {"title": "Graves", "body": "Alas, poor *Yorick*", "tags": ["graves"]}},
    ),
    ("blog", "PostService/PublishPost", {"post_id": "{blog}"}),
    ("comment", "CommentService/CreateComment", {"post_id": "{blog}", "comment": {"text": "I knew him"}}),
    ("comment", "CommentService/CreateComment", {"post_id": "{blog}", "comment": {"text": "Where be your jests"}}),
    ("blog", "PostService/CreatePost", {"post": {"title": "Skulls", "body": "To be", "tags": ["graves"]}}),
    ("blog", "PostReadingService/ListPosts", {"page_size": 1}),
    ("comment", "CommentService/ListComments", {"post_id": "{blog}", "page_size": 1}),
)
_WORTH_KEEPING = ("id", "slug", "etag", "username", "nextPageToken")


@dataclass(slots=True)
class Village:
    """
    Attributes:
        person: the id of the one account.
        words: ids, tags and tokens that the services know.
    """

    person: str = ""
    words: list[str] = field(default_factory=list)
    _servicers: dict[str, list[Any]] = field(default_factory=dict)
    _turn: int = 0

    def handler_of(self, rpc: Method) -> Callable[[Any, Any], Any]:
        """What serves an RPC. Several services keep data about people; they take turns."""
        servicers = self._servicers[rpc.path]

        def handle(request: Any, context: Any) -> Any:
            self._turn += 1
            return getattr(servicers[self._turn % len(servicers)], rpc.name)(request, context)

        return handle

    def keeping(self, application: Application) -> Application:
        """The application, whose servicers are remembered."""

        @asynccontextmanager
        async def kept(runtime: Runtime, server: Server) -> AsyncIterator[None]:
            async with application(runtime, _Register(server, self._servicers)):
                yield

        return kept

    def learn(self, answer: Any) -> None:
        """Whatever a later call may name."""
        for name, value in answer.items():
            if isinstance(value, dict):
                self.learn(value)
            elif name in _WORTH_KEEPING and value:
                self.words.append(str(value))


class _Register:
    """A server that notes who serves what."""

    def __init__(self, server: Server, servicers: dict[str, list[Any]]) -> None:
        self._server, self._servicers = server, servicers

    def add_service(self, service: ServiceDescriptor, servicer: Any) -> None:
        for method in methods_of(service):
            self._servicers.setdefault(method.path, []).append(servicer)
        self._server.add_service(service, servicer)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._server, name)


@asynccontextmanager
async def village(mesh: TestMesh) -> AsyncIterator[Village]:
    """Runs the services until the block ends; a person, a post and a comment are there."""
    found, up = Village(), dict[str, ServiceUnderTest]()
    async with AsyncExitStack() as stack:
        for name, application in {"spam": spam, "blog": blog, "comment": comment, "account": account}.items():
            peers = {each.name: each.target for each in up.values()}
            serves = serving(found.keeping(application), name, peers=peers, mesh=mesh, environment=_ENVIRONMENT)
            up[name] = await stack.enter_async_context(serves)
        ids: dict[str, str] = {}
        for service, called, request in _STORY:
            as_whom = person(ids.get("account", ""), Role.ROLE_ADMIN) if ids else None
            answer = await _told(up[service], called, _named(request, ids), as_whom)
            ids.setdefault(service, str(answer.get("id", "")))
            found.learn(answer)
        found.person = ids["account"]
        yield found


@contextmanager
def among_the_services(folder: Path) -> Iterator[tuple[Harness, Village]]:
    """A harness whose handlers are those of the services."""
    mesh, loop = TestMesh.create(folder), asyncio.new_event_loop()
    running = village(mesh)
    found = loop.run_until_complete(running.__aenter__())
    try:
        yield Harness(mesh, loop, found.handler_of, found.person), found
    finally:
        loop.run_until_complete(running.__aexit__(None, None, None))
        loop.close()


def _named(request: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    return {key: value.format(**ids) if isinstance(value, str) else value for key, value in request.items()}


async def _told(service: ServiceUnderTest, called: str, request: dict[str, Any], as_whom: Any) -> dict[str, Any]:
    rpc = next(each for each in all_rpcs() if each.path.endswith(f".{called}"))
    assert rpc.descriptor is not None
    message = ParseDict(request, GetMessageClass(rpc.descriptor.input_type)())
    answer = await service.channel(as_whom).unary_unary(rpc.path)(message.SerializeToString(), timeout=20)
    parsed = GetMessageClass(rpc.descriptor.output_type).FromString(answer)
    told: dict[str, Any] = MessageToDict(parsed)
    return told
