"""The interceptors stand in one order, and a chain in any other is never built."""

import pytest

from mesh.call import Call, Interceptor, Proceed
from mesh.chain import ORDER, Chain, ChainOrderError


class Named(Interceptor):
    def __init__(self, name: str) -> None:
        self.name = name

    async def intercept(self, call: Call, proceed: Proceed) -> None:
        await proceed(call)


def chain(*names: str) -> Chain:
    return Chain([Named(name) for name in names])


def test_the_full_chain_is_accepted() -> None:
    assert chain(*ORDER).names == ORDER


def test_optional_interceptors_may_be_left_out() -> None:
    assert chain("errors", "cancel_guard", "deadline", "authorization", "decode").names[-1] == "decode"


@pytest.mark.parametrize("name", ["errors", "cancel_guard", "deadline", "authorization", "decode"])
def test_no_server_does_without_its_guards(name: str) -> None:
    with pytest.raises(ChainOrderError, match=name):
        chain(*(each for each in ORDER if each != name))


@pytest.mark.parametrize("position", range(len(ORDER) - 1))
def test_any_two_in_the_wrong_order_are_refused(position: int) -> None:
    names = list(ORDER)
    names[position], names[position + 1] = names[position + 1], names[position]
    with pytest.raises(ChainOrderError, match="out of order"):
        chain(*names)


def test_a_doubled_interceptor_is_refused() -> None:
    with pytest.raises(ChainOrderError, match="doubled"):
        chain(*ORDER, "decode")


def test_an_unnamed_concern_is_refused() -> None:
    with pytest.raises(ChainOrderError, match="unknown"):
        chain(*ORDER, "cache")
