"""How an input becomes the next one: as bytes, as libFuzzer knows it, as a message, and as a message that is broken in
a way that protobuf knows. So what is reached lies behind the decoder and not only in it."""

import random
from collections.abc import Callable, Sequence

from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from mesh.policy import Method
from tests.security.fuzz.seeds import filled, seeds_of, valid
from tests.security.fuzz.wire import broken

__all__ = ["HEAD", "Mutator", "Seeds"]

HEAD = 4
"""Bytes before the message: which RPC, which kind of caller, and two that choose the caller's headers."""
_WILD, _VALID = 12, 12
_BytesMutator = Callable[[bytes, int], bytes]


class Seeds:
    """Of each RPC, in their order.

    Args:
        words: texts that mean something to the handlers.
    """

    def __init__(self, rpcs: Sequence[Method], chance: random.Random, words: Sequence[str] = ()) -> None:
        requests = [rpc.descriptor.input_type for rpc in rpcs if rpc.descriptor]
        self.wild = [seeds_of(request, _WILD, chance) for request in requests]
        self.valid = [
            [valid(request, chance, words).SerializeToString() for _ in range(_VALID)] for request in requests
        ]


class Mutator:
    """Goes round the RPCs, so that each is reached however the corpus grows.

    Args:
        as_bytes: libFuzzer's own mutation.
    """

    def __init__(self, rpcs: Sequence[Method], seeds: Seeds, as_bytes: _BytesMutator) -> None:
        self._rpcs, self._seeds, self._as_bytes = rpcs, seeds, as_bytes
        self._next = 0

    def mutate(self, data: bytes, max_size: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if len(data) < HEAD or chance.random() < 0.6:
            self._next = (self._next + 1) % len(self._rpcs)
            kinds = self._seeds.valid if chance.random() < 0.8 else self._seeds.wild
            data = bytes([self._next]) + chance.randbytes(HEAD - 1) + chance.choice(kinds[self._next])
        index, payload = data[0] % len(self._rpcs), data[HEAD:]
        head = bytes([index]) + (chance.randbytes(HEAD - 1) if chance.random() < 0.2 else data[1:HEAD])
        kind = chance.random()
        if kind < 0.15:
            payload = self._as_bytes(payload, max(1, max_size - HEAD))
        elif kind < 0.35:
            payload = self._as_message(self._rpcs[index], payload, chance)
        elif kind < 0.52:
            payload = broken(payload, chance.choice(self._seeds.wild[index]), chance)
        return (head + payload)[:max_size]

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
        message.MergeFrom(filled(rpc.descriptor.input_type, chance, tame=chance.random() < 0.5))
        return message.SerializeToString()
