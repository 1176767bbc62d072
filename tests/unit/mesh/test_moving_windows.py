"""A caller gets what the contract says and not one call more, whatever the others do, in bounded memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh.address import network_of
from mesh.moving_window import MovingWindow


@given(gaps=st.lists(st.floats(min_value=0, max_value=3), min_size=1, max_size=200))
def test_no_window_ever_holds_more_calls_than_it_may(gaps: list[float]) -> None:
    window, now, admitted = MovingWindow(5, 10.0), 0.0, list[float]()
    for gap in gaps:
        now += gap
        if window.admit("ann", now).admitted:
            admitted.append(now)
    for start in admitted:
        assert sum(start <= each < start + 10.0 for each in admitted) <= 5


def test_whoever_keeps_calling_gets_the_limit_and_waits_as_told() -> None:
    window = MovingWindow(30, 60.0)
    verdicts = [window.admit("ann", second / 10) for second in range(6_000)]
    assert sum(each.admitted for each in verdicts) == 300
    refused = window.admit("ann", 600.05)
    while not refused.admitted:
        assert refused.wait > 0
        refused = window.admit("ann", 600.05 + refused.wait)
    assert refused.admitted


def test_one_caller_s_flood_takes_nothing_from_another() -> None:
    window = MovingWindow(3, 60.0)
    for tick in range(1_000):
        window.admit("flood", tick / 100)
    assert [window.admit("ann", 10.0 + n).remaining for n in range(3)] == [2, 1, 0]


def test_a_flood_of_made_up_callers_is_forgotten_with_its_window() -> None:
    window = MovingWindow(3, 1.0, keys=10_000)
    for number in range(50_000):
        window.admit(f"made-up-{number}", number / 1_000)
    assert len(window) <= 1_001
    for tick in range(400):
        window.admit("ann", 60.0 + tick)
    assert len(window) == 1


def test_however_many_call_within_one_window_the_memory_is_bounded() -> None:
    window = MovingWindow(3, 3_600.0, keys=1_000)
    for number in range(5_000):
        window.admit(f"made-up-{number}", 0.0)
    assert len(window) == 1_000


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_an_ipv6_customer_is_one_caller_with_all_addresses(address: str, network: str) -> None:
    assert network_of(address) == network
