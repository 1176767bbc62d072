"""How an input becomes the next one: as bytes, as libFuzzer knows it, and as a message, so that what is reached lies
behind the decoder and not only in it."""

import random
from collections.abc import Callable, Sequence

from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from mesh.policy import Method
from tests.security.fuzz.seeds import filled

__all__ = ["HEAD", "Mutator"]

HEAD = 2
"""Bytes before the message: which RPC, and which caller."""
_BytesMutator = Callable[[bytes, int], bytes]


class Mutator:
    """Goes round the RPCs, so that each is reached however the corpus grows.

    Args:
        seeds: of each RPC, in the same order.
        as_bytes: libFuzzer's own mutation.
    """

    def __init__(self, rpcs: Sequence[Method], seeds: Sequence[Sequence[bytes]], as_bytes: _BytesMutator) -> None:
        self._rpcs, self._seeds, self._as_bytes = rpcs, seeds, as_bytes
        self._next = 0

    def mutate(self, data: bytes, max_size: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if len(data) < HEAD or chance.random() < 0.5:
            self._next = (self._next + 1) % len(self._rpcs)
            data = bytes([self._next, chance.randrange(256)]) + chance.choice(self._seeds[self._next])
        index, caller, payload = data[0] % len(self._rpcs), data[1], data[HEAD:]
        if chance.random() < 0.1:
            caller = chance.randrange(256)
        kind = chance.random()
        if kind < 0.5:
            payload = self._as_bytes(payload, max(1, max_size - HEAD))
        elif kind < 0.9:
            payload = self._as_message(self._rpcs[index], payload, chance)
        return (bytes([index, caller]) + payload)[:max_size]

    def _as_message(self, rpc: Method, payload: bytes, chance: random.Random) -> bytes:
        """Some fields of another random message over those that are there."""
        assert rpc.descriptor is not None
        message: Message = GetMessageClass(rpc.descriptor.input_type)()
        try:
            message.ParseFromString(payload)
        except DecodeError:
            return payload[: chance.randrange(len(payload) + 1)]
        for field, _ in message.ListFields():
            if chance.random() < 0.3:
                message.ClearField(field.name)
        message.MergeFrom(filled(rpc.descriptor.input_type, chance))
        return message.SerializeToString()
