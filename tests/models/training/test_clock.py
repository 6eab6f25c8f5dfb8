"""What an enrolment tells of its time."""

from __future__ import annotations

import pytest

from models.training.clock import FINISHING_SECONDS, Clock, Progress


class Time:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def clock(budget: float, told: list[Progress]) -> tuple[Clock, Time]:
    time = Time()
    return Clock(budget, told.append, time), time


def test_it_tells_what_is_over_and_what_is_left_of_the_budget() -> None:
    told: list[Progress] = []
    running, time = clock(200.0, told)
    time.now += 50.0
    running.tell("tracking")
    assert told == [Progress("tracking", 0.25, 150.0, None)]
    running.extend(50.0)
    time.now += 75.0
    running.tell("training", 30.0)
    assert told[1] == Progress("training", 0.5, 125.0, 30.0)


def test_training_is_told_of_twice_a_second_at_most() -> None:
    told: list[Progress] = []
    running, time = clock(100.0, told)
    for _ in range(100):
        time.now += 0.1
        running.tell("training")
    assert 15 <= len(told) <= 20


def test_what_ends_sooner_is_told_so_and_the_fraction_never_falls() -> None:
    told: list[Progress] = []
    running, time = clock(600.0, told)
    time.now += 60.0
    running.expect(60.0)
    running.tell("training")
    assert told[-1] == Progress("training", 0.5, 60.0, None)
    running.expect(540.0)
    running.tell("finishing")
    assert told[-1] == Progress("finishing", 0.5, 540.0, None)
    time.now += 10_000.0
    running.tell("finishing")
    assert told[-1] == Progress("finishing", 0.999, 0.0, None)


def test_what_was_spent_before_counts() -> None:
    told: list[Progress] = []
    running, time = clock(100.0, told)
    running.credit(40.0)
    time.now += 10.0
    assert running.elapsed() == pytest.approx(50.0)


@pytest.mark.parametrize(("budget", "finishing"), [(100.0, 15.0), (10_000.0, FINISHING_SECONDS)])
def test_a_share_is_kept_back_for_finishing(budget: float, finishing: float) -> None:
    assert clock(budget, [])[0].finishing == pytest.approx(finishing)
