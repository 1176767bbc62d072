"""Waits grow, are spread, and have a bound."""

from services.storage.backoff import Backoff


def test_waits_double_up_to_a_bound() -> None:
    backoff = Backoff(first=1.0, at_most=10.0)
    assert [backoff.bound(failures) for failures in (1, 2, 3, 4, 5, 10_000)] == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


def test_waits_are_spread_below_their_bound() -> None:
    backoff = Backoff(first=1.0, at_most=10.0)
    waits = {backoff.delay(3) for _ in range(100)}
    assert all(2.0 <= wait <= 4.0 for wait in waits)
    assert len(waits) > 50


def test_what_a_server_asked_for_is_kept() -> None:
    assert Backoff(first=0.1).delay(1, at_least=7.0) == 7.0
