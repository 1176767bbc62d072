"""A service under attack, in a process of its own so that its memory can be watched: the real server with mTLS and the
whole chain, and answers that cost nothing.

Told by one argument in JSON: `home`, a village's folder with certificates, `options`, channel arguments in place of the
shipped ones, and `lacks`, what of the chain is left out. Prints its port, and ends when its standard input does.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hamlet.account.v1 import personal_data_service_pb2
from hamlet.blog.v1 import post_reading_service_pb2
from hamlet.blog.v1.post_pb2 import Post
from hamlet.comment.v1 import comment_service_pb2
from hamlet.mesh.v1 import key_set_service_pb2

from mesh.assembly import Workload
from mesh.call import Call, Proceed
from mesh.identity.credentials import CertificateFiles
from mesh.identity.keyset import StaticKeySet
from mesh.interceptors.authorization import AuthorizationInterceptor
from mesh.interceptors.identity import IdentityInterceptor
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
_NOT_PUBLIC = personal_data_service_pb2.DESCRIPTOR.services_by_name["PersonalDataService"]
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
    for service in (*SERVICES, _NOT_PUBLIC):
        server.add_service(service, _Answering(service))
    yield


class _Admitting(AuthorizationInterceptor):
    """Lets everybody call everything."""

    async def intercept(self, call: Call, proceed: Proceed) -> None:
        await proceed(call)


def _asking_nobody(files: CertificateFiles) -> grpc.ServerCredentials:
    material = files.load()
    return grpc.ssl_server_credentials([(material.key, material.certificate)])


def _left_out(part: str) -> list[AbstractContextManager[object]]:
    if part == "certificates":
        anybody = partial(IdentityInterceptor, assume_workload="edge")
        return [
            mock.patch("mesh.assembly.server_credentials", _asking_nobody),
            mock.patch("mesh.assembly.IdentityInterceptor", anybody),
        ]
    return [mock.patch("mesh.assembly.AuthorizationInterceptor", _Admitting)] if part == "policy" else []


async def _serve(home: Path, replaced: dict[str, int], lacks: str) -> None:
    settings = MeshSettings(home=home, drain_seconds=0.0, grace_seconds=0.5)
    workload = Workload(NAME, settings, setup(NAME, environment={}), CertificateFiles(settings.certificates / NAME))

    def options(limits: ServerLimits) -> list[tuple[str, int]]:
        return list({**dict(server_options(limits)), **replaced}.items())

    with ExitStack() as stack:
        for patch in (mock.patch("mesh.server.server_options", options), *_left_out(lacks)):
            stack.enter_context(patch)
        async with serving(workload, _application, "127.0.0.1:0", keys=StaticKeySet({"keys": []})) as up:
            sys.stdout.write(f"{up.port}\n")
            sys.stdout.flush()
            await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    asyncio.run(_serve(Path(told["home"]), told["options"], told["lacks"]))
