"""The same bytes over a real server and its real connection: it blames the caller too, and answers as the harness."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import ServiceDescriptor

from mesh.policy import Method, Role, method_of
from mesh.runtime import Runtime
from mesh.server import Server
from mesh.testing.service import ServiceUnderTest, person, serving
from tests.security.fuzz.contracts import all_rpcs
from tests.security.fuzz.harness import Harness, empty_handler
from tests.security.fuzz.mutation import HEAD, Mutator, Seeds
from tests.security.fuzz.seeds import ID
from tests.security.fuzz.tally import Tally
from tests.security.fuzz.village import among_the_services

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

_EACH = 8
_FAULTS = {"INTERNAL", "UNKNOWN"}
_OWN_FAULT, _MASKED = "Internal error from Core", "masked by the client"


def test_a_real_server_answers_as_the_harness_does(tmp_path: Path) -> None:
    drawn = _drawn(random.Random(7))
    real = asyncio.run(_really(drawn))
    with Harness.in_folder(tmp_path) as harness:
        beside = [harness.rightly(all_rpcs().index(rpc), payload).outcome.partition(" ")[0] for rpc, payload in drawn]
    paths = [rpc.path for rpc, _ in drawn]
    assert list(zip(paths, real, strict=True)) == list(zip(paths, beside, strict=True))
    assert not _FAULTS.intersection(real)
    assert {"OK", "INVALID_ARGUMENT"} <= set(real)


def test_the_services_blame_the_caller_too(tmp_path: Path) -> None:
    with among_the_services(tmp_path) as (harness, found):
        chance = random.Random(11)
        mutator = Mutator(harness.rpcs, Seeds(harness.rpcs, chance, found.words), lambda data, _: data[::-1])
        told = Tally()
        for seed in range(_EACH * len(harness.rpcs)):
            data = mutator.mutate(b"", 4096, seed)
            told.count(harness.run(data), data)
    assert told.faults == []
    assert told.answered("NOT_FOUND"), "a handler looked for something"
    assert told.answered("OK")


async def _really(drawn: list[tuple[Method, bytes]]) -> list[str]:
    async with serving(_everything, "blog") as service:
        callers = {workload: _Caller(service, workload) for workload in {_workload(rpc) for rpc in all_rpcs()}}
        return [await callers[_workload(rpc)](rpc, payload) for rpc, payload in drawn]


def _drawn(chance: random.Random) -> list[tuple[Method, bytes]]:
    """Good messages and mutated ones, of each RPC the same number."""
    rpcs = all_rpcs()
    seeds = Seeds(rpcs, chance)
    mutator = Mutator(rpcs, seeds, lambda data, _: data[::-1])
    inputs = [mutator.mutate(b"", 4096, seed) for seed in range(_EACH * len(rpcs))]
    return [(rpcs[data[0] % len(rpcs)], data[HEAD:]) for data in inputs]


def _workload(rpc: Method) -> str:
    return "edge" if rpc.admits_workload("edge") else min(rpc.workloads)


class _Caller:
    """Sends bytes as they are, as an administrator."""

    def __init__(self, service: ServiceUnderTest, workload: str) -> None:
        self._channel = service.channel(person(ID, Role.ROLE_ADMIN), workload)

    async def __call__(self, rpc: Method, payload: bytes) -> str:
        """The server's answer: grpc.aio's client puts INTERNAL in the place of a status that comes while it writes."""
        answer = _MASKED
        while answer == _MASKED:
            answer = await self._once(rpc, payload)
        return answer

    async def _once(self, rpc: Method, payload: bytes) -> str:
        assert rpc.descriptor is not None
        try:
            if rpc.descriptor.client_streaming:
                parts = (payload, payload[: len(payload) // 2], payload[len(payload) // 2 :])
                async for _ in self._channel.stream_stream(rpc.path)(iter(parts), timeout=10):
                    pass
            elif rpc.descriptor.server_streaming:
                async for _ in self._channel.unary_stream(rpc.path)(payload, timeout=10):
                    pass
            else:
                await self._channel.unary_unary(rpc.path)(payload, timeout=10)
        except grpc.aio.AioRpcError as error:
            return _MASKED if (error.details() or "").startswith(_OWN_FAULT) else str(error.code().name)
        return "OK"


@asynccontextmanager
async def _everything(runtime: Runtime, server: Server) -> AsyncIterator[None]:
    """Every contract, with handlers that answer nothing in particular."""
    services = {rpc.service: rpc.descriptor.containing_service for rpc in all_rpcs() if rpc.descriptor}
    for service in services.values():
        server.add_service(service, _Empty(service))
    yield


class _Empty:
    def __init__(self, service: ServiceDescriptor) -> None:
        self._service = service

    def __getattr__(self, name: str) -> Callable[[Any, Any], Any]:
        return empty_handler(method_of(self._service.methods_by_name[name]))
