"""Hostile bytes on every RPC: `make fuzz-decode` for a moment, proof that it can fail, and over a real server."""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import ServiceDescriptor
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mesh.policy import Method, Role, method_of
from mesh.runtime import Runtime
from mesh.server import Server
from mesh.testing.service import ServiceUnderTest, person, serving
from tests.security.fuzz.campaign import fuzz
from tests.security.fuzz.contracts import all_rpcs
from tests.security.fuzz.harness import empty_handler
from tests.security.fuzz.seeds import seeds_of

pytestmark = pytest.mark.slow

_MOMENT = 1_500
_FAULTS = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN}


def test_no_input_is_answered_as_our_fault(tmp_path: Path) -> None:
    found = fuzz(tmp_path, _MOMENT, 1)
    assert found.crashes == []
    assert found.faults == []
    assert found.outcomes.total() >= _MOMENT
    assert {path for path, _ in found.outcomes} == {rpc.path for rpc in all_rpcs()}
    assert found.answered("OK")
    assert found.answered("INVALID_ARGUMENT")


def test_a_planted_bug_is_found(tmp_path: Path) -> None:
    found = fuzz(tmp_path, _MOMENT, 1, planted=True)
    assert found.summary()["internal"]
    assert found.faults


@pytest.fixture(scope="module")
def seeds() -> dict[str, list[bytes]]:
    chance = random.Random(7)
    return {rpc.path: seeds_of(rpc.descriptor.input_type, 5, chance) for rpc in all_rpcs() if rpc.descriptor}


async def test_a_real_server_blames_the_caller_for_what_the_caller_sends(seeds: dict[str, list[bytes]]) -> None:
    async with serving(_everything, "blog") as service:
        call = _Caller(service)
        drawn: list[tuple[Method, bytes]] = []

        @settings(max_examples=300, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(st.sampled_from(all_rpcs()), st.data(), st.binary(max_size=40), st.integers(0, 200))
        def draw(rpc: Method, data: st.DataObject, noise: bytes, at: int) -> None:
            whole = data.draw(st.sampled_from(seeds[rpc.path]))
            drawn.append((rpc, whole[:at] + noise + whole[at:]))

        draw()
        codes = [await call(rpc, payload) for rpc, payload in drawn]
    assert len(codes) >= 300
    assert not _FAULTS.intersection(codes)
    assert grpc.StatusCode.INVALID_ARGUMENT in codes


class _Caller:
    """Sends bytes as they are, as the edge and as an administrator."""

    def __init__(self, service: ServiceUnderTest) -> None:
        self._channel = service.channel(person("0190b6a5-7c00-7000-8000-00000000dead", Role.ROLE_ADMIN))

    async def __call__(self, rpc: Method, payload: bytes) -> grpc.StatusCode:
        assert rpc.descriptor is not None
        try:
            if rpc.descriptor.client_streaming:
                async for _ in self._channel.stream_stream(rpc.path)(iter([payload]), timeout=10):
                    pass
            elif rpc.descriptor.server_streaming:
                async for _ in self._channel.unary_stream(rpc.path)(payload, timeout=10):
                    pass
            else:
                await self._channel.unary_unary(rpc.path)(payload, timeout=10)
        except grpc.aio.AioRpcError as error:
            return error.code()
        return grpc.StatusCode.OK


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
