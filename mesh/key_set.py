"""Fetches the keys that access tokens are checked against."""

from google.protobuf.json_format import MessageToDict
from hamlet.mesh.v1.key_set_service_pb2 import GetKeySetRequest
from hamlet.mesh.v1.key_set_service_pb2_grpc import KeySetServiceStub

from mesh.channel import MeshChannel

__all__ = ["fetch_key_set"]


async def fetch_key_set(channel: MeshChannel) -> dict[str, object]:
    """The key set of the account service as a JWK Set (RFC 7517).

    Raises:
        grpc.aio.AioRpcError: it did not answer.
    """
    stub = KeySetServiceStub(channel)
    return MessageToDict(await stub.GetKeySet(GetKeySetRequest()), preserving_proto_field_name=True)
