"""The peer: a REST bridge as one would write it by hand with FastAPI, doing the work that the front door does for an
uncached read: it checks the token, calls the service over mTLS with a deadline, turns the answer into JSON and errors
into google.rpc.Status, and writes a line of access log.

Run by uvicorn with as many workers as Envoy has threads.
"""

import json
import os
import random
import secrets
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import grpc
from fastapi import FastAPI, Request, Response
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from grpc_status import rpc_status
from hamlet.blog.v1.post_reading_service_pb2 import GetPostRequest
from hamlet.blog.v1.post_reading_service_pb2_grpc import PostReadingServiceStub
from hamlet.comment.v1.comment_service_pb2 import ListCommentsRequest
from hamlet.comment.v1.comment_service_pb2_grpc import CommentServiceStub
from hamlet.mesh.v1.key_set_service_pb2 import GetKeySetRequest
from hamlet.mesh.v1.key_set_service_pb2_grpc import KeySetServiceStub
from joserfc import jwt
from joserfc.jwk import KeySet

from mesh.identity.credentials import CertificateFiles, channel_credentials, server_name
from mesh.settings import MeshSettings

_HTTP_OF = {3: 400, 5: 404, 7: 403, 8: 429, 9: 400, 10: 409, 14: 503, 16: 401}
_DEADLINE = 2.0
_SAMPLED = 0.05


def _channel(peer: str) -> grpc.aio.Channel:
    settings = MeshSettings()
    credentials = channel_credentials(CertificateFiles(settings.certificates / "edge"))
    name = server_name(peer, settings.trust_domain)
    target = os.environ[f"HAMLET_{peer.upper()}_TARGET"]
    return grpc.aio.secure_channel(target, credentials, options=[("grpc.ssl_target_name_override", name)])


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with _channel("account") as account, _channel("blog") as blog, _channel("comment") as comment:
        keys = await KeySetServiceStub(account).GetKeySet(GetKeySetRequest(), timeout=_DEADLINE)
        app.state.keys = KeySet.import_key_set(cast(Any, MessageToDict(keys)))
        app.state.posts = PostReadingServiceStub(blog)
        app.state.comments = CommentServiceStub(comment)
        yield


app = FastAPI(lifespan=_lifespan)


@app.middleware("http")
async def access_log(request: Request, call_next: Any) -> Response:
    started = time.perf_counter()
    response: Response = await call_next(request)
    line = {"status": response.status_code, "duration_ms": round(1000 * (time.perf_counter() - started))}
    sys.stdout.write(json.dumps(line) + "\n")
    return response


@app.get("/v1/posts/{post_id}")
async def get_post(request: Request, post_id: str) -> Response:
    return await _answer(request, request.app.state.posts.GetPost, GetPostRequest(post_id=post_id))


@app.get("/v1/posts/{post_id}/comments")
async def list_comments(request: Request, post_id: str, pageSize: int = 0, pageToken: str = "") -> Response:  # noqa: N803
    message = ListCommentsRequest(post_id=post_id, page_size=pageSize, page_token=pageToken)
    return await _answer(request, request.app.state.comments.ListComments, message)


async def _answer(request: Request, method: Any, message: Message) -> Response:
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    jwt.decode(token, request.app.state.keys, algorithms=["EdDSA"])
    address = request.headers.get("x-forwarded-for", "").rsplit(",", 1)[-1]
    # Sampled as the front door's calls are.
    traceparent = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-{'01' if random.random() < _SAMPLED else '00'}"
    metadata = [("authorization", f"Bearer {token}"), ("x-envoy-external-address", address)]
    try:
        answer = await method(message, timeout=_DEADLINE, metadata=(*metadata, ("traceparent", traceparent)))
    except grpc.aio.AioRpcError as error:
        return _refusal(error)
    return _json(MessageToDict(answer, always_print_fields_with_no_presence=True), 200)


def _refusal(error: grpc.aio.AioRpcError) -> Response:
    status: Any = rpc_status.from_call(error)  # type: ignore[arg-type]
    code = error.code().value[0]
    return _json({"code": code} if status is None else MessageToDict(status), _HTTP_OF.get(code, 500))


def _json(body: Any, status: int) -> Response:
    return Response(json.dumps(body), status, {"x-content-type-options": "nosniff"}, "application/json")
