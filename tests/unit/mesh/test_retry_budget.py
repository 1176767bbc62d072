"""A failing peer sees at most a fifth more load, and a quiet client may still retry."""

from mesh.retry_budget import RetryBudget


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_at_most_a_fifth_of_many_calls_is_repeated() -> None:
    clock = Clock()
    budget = RetryBudget(per_second=0.0, clock=clock)
    repeated = 0
    for _ in range(10_000):
        budget.call()
        repeated += budget.retry()
    assert 1_900 <= repeated <= 2_000


def test_a_quiet_client_may_retry_ten_times_a_second() -> None:
    clock = Clock()
    budget = RetryBudget(ratio=0.0, clock=clock)
    assert sum(budget.retry() for _ in range(100)) == 10
    clock.now += 0.5
    assert sum(budget.retry() for _ in range(100)) == 5


def test_silence_does_not_save_up_a_storm() -> None:
    clock = Clock()
    budget = RetryBudget(clock=clock)
    clock.now += 3_600
    assert sum(budget.retry() for _ in range(1_000)) == 20
