"""One process hands what it holds to the next: two of them, in one process and on a real socket."""

import asyncio
import socket
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mesh.edge.succession import Estate, Succession, SuccessionError

LINE = "x.line"
Join = Callable[[], Succession]


class Holder:
    """Holds a listening socket, as the cache does."""

    def __init__(self, held: socket.socket) -> None:
        self.socket, self.tries = held, 0

    @asynccontextmanager
    async def handing_over(self) -> AsyncIterator[Estate]:
        self.tries += 1
        yield Estate({"number": 7}, [self.socket])


@pytest.fixture
def holder() -> Iterator[Holder]:
    with socket.create_server(("127.0.0.1", 0)) as held:
        yield Holder(held)


@pytest.fixture
def join(tmp_path: Path) -> Iterator[Join]:
    """Makes one more of the line."""
    made: list[Succession] = []

    def one_more() -> Succession:
        made.append(Succession(tmp_path, LINE))
        return made[-1]

    yield one_more
    for each in made:
        each.close()


def closed(estate: Estate | None) -> None:
    """Closes what was inherited, which is something."""
    assert estate is not None
    for each in estate.sockets:
        each.close()


async def first(join: Join) -> Succession:
    """The first of a line, in its place."""
    result = join()
    assert await result.inherit() is None
    await result.take_over()
    return result


async def test_a_successor_gets_the_words_and_the_very_socket_and_then_the_place(join: Join, holder: Holder) -> None:
    old = await first(join)
    followed = asyncio.create_task(old.until_followed(holder.handing_over))
    new = join()
    estate = await new.inherit()
    assert estate is not None
    (inherited,) = estate.sockets
    assert estate.words == {"number": 7}
    assert inherited.getsockname() == holder.socket.getsockname()
    # One that waits in the queue is not lost, whoever takes it out.
    with socket.create_connection(inherited.getsockname()):
        taking = asyncio.create_task(new.take_over())
        await followed
        assert not taking.done(), "the old one may hold what only one can hold"
        old.let_go()
        await taking
        holder.socket.close()
        inherited.accept()[0].close()
    third = join()
    succeeding = asyncio.create_task(new.until_followed(Holder(inherited).handing_over))
    closed(await third.inherit())  # It asks the new one.
    succeeding.cancel()
    await asyncio.wait([succeeding])
    inherited.close()


async def test_a_successor_that_ends_before_it_serves_was_never_there(join: Join, holder: Holder) -> None:
    old = await first(join)
    followed = asyncio.create_task(old.until_followed(holder.handing_over))
    failing = join()
    closed(await failing.inherit())
    failing.close()
    new = join()
    closed(await new.inherit())
    assert not followed.done()
    assert holder.tries == 2
    followed.cancel()
    await asyncio.wait([followed])


async def test_one_that_ends_without_a_word_leaves_nothing_to_inherit(join: Join) -> None:
    old = await first(join)
    new = asyncio.create_task(join().inherit())
    await asyncio.sleep(0)
    old.close()
    assert await new is None


async def test_only_the_owner_may_ask(join: Join, tmp_path: Path) -> None:
    await first(join)
    assert stat.S_IMODE((tmp_path / LINE).stat().st_mode) == 0o600


async def test_one_that_does_not_answer_is_said(join: Join) -> None:
    await first(join)
    with pytest.raises(SuccessionError, match="does not answer"):
        await join().inherit(patience=0.05)


def test_other_sockets_than_there_are_cannot_be_taken_over() -> None:
    estate = Estate({"HAMLET_EDGE_LISTEN": "127.0.0.1:1"})
    estate.refuse_change(HAMLET_EDGE_LISTEN="127.0.0.1:1")
    with pytest.raises(SuccessionError, match="HAMLET_EDGE_LISTEN is"):
        estate.refuse_change(HAMLET_EDGE_LISTEN="127.0.0.1:2")
