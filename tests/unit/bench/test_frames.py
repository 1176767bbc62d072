"""The load generator takes nothing for an answer that is none."""

import struct

import hpack
import pytest

from bench.mesh.frames import Answers, FailedError, ready_blocks

END, HEADERS, PING, RESET = 1, 1, 6, 3


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def test_good_trailers_count_however_they_are_cut() -> None:
    answers, encoder = Answers(), hpack.Encoder()
    came = b"".join(frame(HEADERS, END | 4, stream, encoder.encode([("grpc-status", "0")])) for stream in (1, 3, 5))
    assert sum(answers.feed(bytes([byte])) for byte in came) == 3


def test_a_status_that_is_an_error_ends_the_measurement() -> None:
    answers, encoder = Answers(), hpack.Encoder()
    answers.feed(frame(HEADERS, END | 4, 1, encoder.encode([("grpc-status", "0")])))
    with pytest.raises(FailedError, match="16"):
        answers.feed(frame(HEADERS, END | 4, 3, encoder.encode([("grpc-status", "16")])))


def test_a_reset_stream_ends_the_measurement() -> None:
    with pytest.raises(FailedError):
        Answers().feed(frame(RESET, 0, 1, b"\0\0\0\x08"))


def test_a_ping_is_answered() -> None:
    answers = Answers()
    answers.feed(frame(PING, 0, 0, b"12345678"))
    assert answers.replies == frame(PING, 1, 0, b"12345678")


def test_blocks_say_the_same_in_any_order() -> None:
    fixed = [(":method", "POST"), ("authorization", "Bearer x")]
    first, blocks = ready_blocks(fixed, [("traceparent", str(number)) for number in range(3)])
    decoder = hpack.Decoder()
    assert decoded(decoder, first) == fixed
    for number in (2, 0, 1, 2):
        assert decoded(decoder, blocks[number]) == [*fixed, ("traceparent", str(number))]


def decoded(decoder: hpack.Decoder, block: bytes) -> list[tuple[str, str]]:
    return [(str(name), str(value)) for name, value in decoder.decode(block)]
