"""The order in which a Deployment's pods are replaced, under the strategies that a chart may render."""

from collections.abc import Iterator

import pytest

from tests.chaos.rollout.release import rendered
from tests.chaos.rollout.strategy import Count, Step, Strategy, next_step, strategy_of
from tests.chaos.rollout.versions import ROOT


def order(strategy: Strategy, old: int) -> Iterator[str]:
    """What happens, one event a word, when pods get ready only once the controller has nothing else to do."""
    new, ready, begun = 0, 0, old
    while old or ready < strategy.replicas:
        step = next_step(strategy, Count(new, ready), Count(old, old))
        if step.start:
            yield f"start{step.start}"
        elif step.stop:
            yield f"stop{step.stop}"
        else:
            ready += 1
            yield "ready"
        new, old = new + step.start, old - step.stop
        assert ready <= new
        assert new + old <= strategy.replicas + strategy.max_surge
        if not strategy.recreate:
            assert ready + old >= min(begun, strategy.replicas - strategy.max_unavailable)


def test_a_successor_comes_first_where_none_may_be_away() -> None:
    assert list(order(Strategy(2, max_surge=1), old=2)) == ["start1", "ready", "stop1", "start1", "ready", "stop1"]


def test_a_place_is_made_first_where_none_may_be_more() -> None:
    assert list(order(Strategy(2, max_unavailable=1), old=2)) == [
        "stop1",
        "start1",
        "ready",
        "stop1",
        "start1",
        "ready",
    ]


def test_surge_and_absence_are_used_at_once() -> None:
    assert list(order(Strategy(4, max_surge=1, max_unavailable=1), old=4))[:4] == ["start1", "stop1", "start1", "ready"]


def test_all_at_once_where_there_is_room_for_all() -> None:
    assert list(order(Strategy(3, max_surge=3), old=3)) == [
        "start3",
        "ready",
        "stop1",
        "ready",
        "stop1",
        "ready",
        "stop1",
    ]


def test_recreate_leaves_nothing_running_meanwhile() -> None:
    assert list(order(Strategy(2, recreate=True), old=2)) == ["stop2", "start2", "ready", "ready"]


def test_the_first_installation_starts_everything() -> None:
    assert list(order(Strategy(3, max_surge=1), old=0)) == ["start3", "ready", "ready", "ready"]


def test_more_replicas_come_with_the_new_version() -> None:
    events = list(order(Strategy(4, max_surge=1), old=2))
    assert events[0] == "start3"
    assert events[-1] == "stop1"


def test_an_old_pod_that_is_not_ready_goes_first_and_takes_nobody_with_it() -> None:
    strategy = Strategy(2, max_surge=1)
    assert next_step(strategy, Count(1, 0), Count(2, 1)) == Step(0, 0), "one that serves is needed until a new one does"
    assert next_step(strategy, Count(1, 1), Count(2, 1)) == Step(0, 1)


def test_a_new_pod_that_never_gets_ready_stops_the_rollout() -> None:
    assert next_step(Strategy(2, max_surge=1), Count(1, 0), Count(2, 2)) == Step(0, 0)


@pytest.mark.parametrize(
    ("rolling", "expected"),
    [
        ({"maxSurge": "25%", "maxUnavailable": 0}, Strategy(6, 2, 0)),
        ({"maxSurge": 0, "maxUnavailable": "25%"}, Strategy(6, 0, 1)),
        ({"maxSurge": 3, "maxUnavailable": 2}, Strategy(6, 3, 2)),
        ({"maxSurge": 0, "maxUnavailable": "10%"}, Strategy(6, 0, 1)),
        ({}, Strategy(6, 2, 1)),
    ],
)
def test_percentages_are_rounded_so_that_a_rollout_can_begin(rolling: dict[str, int | str], expected: Strategy) -> None:
    assert strategy_of({"spec": {"replicas": 6, "strategy": {"rollingUpdate": rolling}}}) == expected
    assert strategy_of({"spec": {"strategy": {"type": "Recreate"}}}) == Strategy(1, recreate=True)


def test_the_chart_never_serves_with_less_than_it_has() -> None:
    strategies = [strategy_of(each) for each in rendered(ROOT / "helm" / "hamlet", "after").deployments]
    assert strategies == [Strategy(2, max_surge=1, max_unavailable=0, settle_seconds=10)] * 5
