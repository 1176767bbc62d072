"""Files small enough to read, rooms whose names say what is in them, a chain in its one order."""

import statistics
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool

from mesh.call import Interceptor
from mesh.chain import ORDER
from mesh.interceptors.authorization import AuthorizationInterceptor
from mesh.interceptors.cancel_guard import CancelGuard
from mesh.interceptors.deadline import DeadlineInterceptor, LongLivedCalls
from mesh.interceptors.decode import Decode
from mesh.interceptors.errors import ErrorBoundary
from mesh.policy import MissingPolicyError
from mesh.server import Server
from mesh.testing.service import TestMesh, serving
from services.blog.app import blog

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("bench", "docker", "mesh", "model", "release", "services", "protos/tools", "tests")
MOST_LINES, MEDIAN_LINES = 400, 100


def hand_written() -> list[Path]:
    return [path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "gen" not in path.parts]


def test_no_file_is_longer_than_anybody_reads() -> None:
    lines = {path: len(path.read_text().splitlines()) for path in hand_written()}
    assert {str(path.relative_to(ROOT)): n for path, n in lines.items() if n > MOST_LINES} == {}
    assert statistics.median(n for n in lines.values() if n > 1) < MEDIAN_LINES


def test_no_room_is_a_drawer_for_everything() -> None:
    drawers = {"util", "utils", "common", "helper", "helpers", "misc"}
    assert [str(path) for path in hand_written() if drawers & {*path.parts, path.stem}] == []


@pytest.mark.parametrize("path", [path for path in hand_written() if path.stat().st_size], ids=lambda path: path.name)
def test_every_module_says_what_it_is(path: Path) -> None:
    assert path.read_text().lstrip().startswith('"""'), path


async def test_a_service_has_the_whole_chain_in_its_order(tmp_path: Path) -> None:
    async with serving(blog, "blog", mesh=TestMesh.create(tmp_path)) as service:
        assert service.server._chain.names == ORDER


async def test_a_contract_without_a_policy_is_not_served() -> None:
    file = descriptor_pb2.FileDescriptorProto(name="open.proto", package="planted_open", syntax="proto3")
    file.message_type.add(name="Empty")
    service = file.service.add(name="Open")
    service.method.add(name="Do", input_type=".planted_open.Empty", output_type=".planted_open.Empty")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    server = await _server()
    with pytest.raises(MissingPolicyError):
        server.add_service(pool.FindServiceByName("planted_open.Open"), object())


async def _server() -> Server:
    calls = LongLivedCalls()
    chain: list[Interceptor] = [
        ErrorBoundary(),
        CancelGuard(),
        DeadlineInterceptor(calls),
        AuthorizationInterceptor(),
        Decode(),
    ]
    return Server(interceptors=chain, long_lived=calls, credentials=None)
