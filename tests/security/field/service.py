"""A service under attack, in a process of its own so that its memory can be watched: the real server with mTLS and the
whole chain, and answers that cost nothing.

Told by one argument in JSON: `home`, a village's folder with certificates, and `options`, channel arguments in place of
the shipped ones. Prints its port, and ends when its standard input does.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hamlet.blog.v1 import post_reading_service_pb2
from hamlet.blog.v1.post_pb2 import Post
from hamlet.comment.v1 import comment_service_pb2
from hamlet.mesh.v1 import key_set_service_pb2

from mesh.assembly import Workload
from mesh.identity.credentials import CertificateFiles
from mesh.identity.keyset import StaticKeySet
from mesh.options import ServerLimits, server_options
from mesh.process import serving
from mesh.runtime import Runtime
from mesh.server import Server
from mesh.settings import MeshSettings
from mesh.telemetry import setup

__all__ = ["NAME", "SERVICES"]

NAME = "blog"
SERVICES: tuple[ServiceDescriptor, ...] = (
    post_reading_service_pb2.DESCRIPTOR.services_by_name["PostReadingService"],
    comment_service_pb2.DESCRIPTOR.services_by_name["CommentService"],
    key_set_service_pb2.DESCRIPTOR.services_by_name["KeySetService"],
)
_POST = Post(title="A fellow of infinite jest", body="Where be your gibes now? " * 80)
_LONG_LIST = post_reading_service_pb2.ListPostsResponse(posts=[_POST] * 100)


class _Answering:
    """Answers every RPC of a contract at once: a post of 2 kB, the longest page of them, else an empty message."""

    def __init__(self, service: ServiceDescriptor) -> None:
        self._service = service
        self._answers: dict[str, Message] = {"GetPost": _POST, "LookUpPost": _POST, "ListPosts": _LONG_LIST}

    def __getattr__(self, name: str) -> Callable[[Any, Any], Any]:
        answer = self._answers.get(name) or GetMessageClass(self._service.methods_by_name[name].output_type)()

        async def unary(request: Any, context: Any) -> Message:
            return answer

        return unary


@asynccontextmanager
async def _application(runtime: Runtime, server: Server) -> AsyncIterator[None]:
    for service in SERVICES:
        server.add_service(service, _Answering(service))
    yield


async def _serve(home: Path, replaced: dict[str, int]) -> None:
    settings = MeshSettings(home=home, drain_seconds=0.0, grace_seconds=0.5)
    workload = Workload(NAME, settings, setup(NAME, environment={}), CertificateFiles(settings.certificates / NAME))

    def options(limits: ServerLimits) -> list[tuple[str, int]]:
        return list({**dict(server_options(limits)), **replaced}.items())

    with mock.patch("mesh.server.server_options", options):
        async with serving(workload, _application, "127.0.0.1:0", keys=StaticKeySet({"keys": []})) as up:
            sys.stdout.write(f"{up.port}\n")
            sys.stdout.flush()
            await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    asyncio.run(_serve(Path(told["home"]), told["options"]))
