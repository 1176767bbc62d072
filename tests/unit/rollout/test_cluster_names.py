"""A headless Service's name, as resolvers ask for it."""

import socket
import struct

from tests.chaos.rollout.names import SEARCH, Names

A, AAAA = 1, 28


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def asked(names: Names, name: str, kind: int = A) -> tuple[int, list[str]]:
    """The status and the addresses of an answer."""
    labels = b"".join(bytes([len(each)]) + each.encode() for each in name.split("."))
    # With an additional record, as resolvers that speak EDNS send it.
    question = struct.pack("!6H", 7, 0x0100, 1, 0, 0, 1) + labels + b"\0" + struct.pack("!2H", kind, 1) + bytes(11)
    answer = names.answer(question)
    number, flags, questions, records, _, more = struct.unpack_from("!6H", answer)
    assert (number, questions, more) == (7, 1, 0)
    tail = answer[len(answer) - 16 * records :]
    return flags & 0xF, [socket.inet_ntoa(tail[at + 12 : at + 16]) for at in range(0, len(tail), 16)]


def test_a_name_has_the_address_of_each_pod_that_is_ready() -> None:
    names = Names()
    names.publish("blog", ["127.1.0.2", "127.1.0.3"])
    assert asked(names, f"blog.{SEARCH}") == (0, ["127.1.0.2", "127.1.0.3"])
    assert asked(names, f"BLOG.{SEARCH}", AAAA) == (0, []), "it exists, and has no such address"
    assert asked(names, f"grog.{SEARCH}") == (3, [])
    assert asked(names, "blog") == (3, []), "the resolver's search list makes the name whole"


def test_an_answer_may_be_five_seconds_old() -> None:
    clock = Clock()
    names = Names(clock)
    names.publish("blog", ["127.1.0.2"])
    assert names.look_up("blog") == ("127.1.0.2",)
    names.publish("blog", ["127.1.0.3"])
    clock.now += 4.9
    assert names.look_up("blog") == ("127.1.0.2",)
    clock.now += 0.1
    assert names.look_up("blog") == ("127.1.0.3",)
