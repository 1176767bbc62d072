"""Messages that are larger, deeper or denser than they look."""

import zlib
from functools import cache

from tests.security.attacks import frames
from tests.security.attacks.crowd import stream_of
from tests.security.attacks.door import Door, Tally
from tests.security.attacks.upload import upload

__all__ = [
    "compressed_zeros",
    "gzip_bomb",
    "header_count_flood",
    "header_size_flood",
    "hpack_bomb",
    "oversize_message",
]

_CHUNK = 16_000
_REQUESTS = 40
_BOMB_MIB = 200
_OVERSIZE = 64 * 1024 * 1024


def oversize_message(door: Door, seconds: float) -> Tally:
    """Messages of 64 MiB, sent as fast as the windows allow."""
    head = b"\x00" + _OVERSIZE.to_bytes(4, "big")
    return upload(door, seconds, frames.grpc_headers(door), head + bytes(_OVERSIZE))


def gzip_bomb(door: Door, seconds: float) -> Tally:
    """200 MB of zeros as a gRPC message of 200 kB."""
    asked = frames.grpc_headers(door, extra=[("grpc-encoding", "gzip")])
    return upload(door, seconds, asked, frames.grpc_message(compressed_zeros(), compressed=True))


def header_size_flood(door: Door, seconds: float) -> Tally:
    """Header blocks of 400 kB, one request after the other."""
    fields = [(f"x-fill-{number}", "a" * 15_000) for number in range(27)]
    return stream_of(door, seconds, _large_requests(door, fields))


def header_count_flood(door: Door, seconds: float) -> Tally:
    """Requests with 20,000 headers each."""
    return stream_of(door, seconds, _large_requests(door, [(f"x{number}", "") for number in range(20_000)]))


def hpack_bomb(door: Door, seconds: float) -> Tally:
    """CVE-2016-1544: a value of 4 kB that stands in the table once and in the request 15,000 times."""
    plain = frames.block_of(frames.grpc_headers(door))
    # Index 62 is the newest entry of the dynamic table, and every byte names it once.
    references = b"\xbe" * 15_000
    pieces = [frames.hello() + frames.settings_ack()]
    for stream in range(1, 41, 2):
        block = plain + frames.literal(b"a", b"v" * 3_900, indexed=True) if stream == 1 else plain
        pieces.append(
            frames.headers_block(stream, block, end_headers=False)
            + frames.continuation(stream, references, end_headers=True)
        )
    return stream_of(door, seconds, pieces)


def _large_requests(door: Door, fields: list[frames.Header]) -> list[bytes]:
    """The same request on one stream after the other."""
    block = frames.block_of([*frames.grpc_headers(door), *fields])
    parts = [block[at : at + _CHUNK] for at in range(0, len(block), _CHUNK)]
    pieces = [frames.hello() + frames.settings_ack()]
    for stream in range(1, _REQUESTS * 2, 2):
        pieces.append(frames.headers_block(stream, parts[0], end_headers=False))
        pieces += [frames.continuation(stream, part, end_headers=part is parts[-1]) for part in parts[1:]]
    return pieces


@cache
def compressed_zeros() -> bytes:
    """The bomb itself (RFC 1952): one compressed block, repeated, because to compress it all would take seconds."""
    block = bytes(1024 * 1024)
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    repeated = deflate.compress(block) + deflate.flush(zlib.Z_FULL_FLUSH)
    checksum = 0
    for _ in range(_BOMB_MIB):
        checksum = zlib.crc32(block, checksum)
    end = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS).flush()
    size = (_BOMB_MIB * len(block)).to_bytes(4, "little")
    return b"\x1f\x8b\x08" + bytes(7) + repeated * _BOMB_MIB + end + checksum.to_bytes(4, "little") + size
