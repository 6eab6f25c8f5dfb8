"""Whoever does what is asked passes; photographs, videos and guesses do not."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace

import pytest

from app.enrolment.acts import Act
from app.enrolment.liveness import ASKED, LENGTH, Liveness, random_order
from app.enrolment.reading import FaceReading, neutral_of
from tests.fakes.faces import NEUTRAL, REST, STEP_NS, doing, hold

ORDER = (Act.LEFT, Act.EYES, Act.MOUTH, Act.RIGHT, Act.EYES)


def play(check: Liveness, readings: Iterable[FaceReading | None]) -> Liveness:
    for index, reading in enumerate(readings):
        check = check.after(reading, NEUTRAL, index * STEP_NS)
    return check


def obey(order: tuple[Act, ...]) -> Iterable[FaceReading]:
    """A person who reads for a second, acts for a second, and rests."""
    for act in order:
        yield from hold(0, 1.0)
        yield from hold(0, 0.9, act)
    yield from hold(0, 0.5)


@pytest.mark.parametrize("order", [ORDER, (Act.MOUTH, Act.RIGHT, Act.LEFT, Act.MOUTH, Act.EYES)])
def test_who_does_what_is_asked_passes(order: tuple[Act, ...]) -> None:
    check = play(Liveness(order), obey(order))
    assert (check.phase, check.done, check.asked) == ("passed", LENGTH, None)
    assert play(check, hold(0, 1.0, Act.LEFT)) == check


def test_blinks_and_words_in_between_do_no_harm() -> None:
    readings: list[FaceReading] = []
    for act in ORDER:
        readings += [*hold(0, 0.5), *hold(0, 0.2, Act.EYES), *hold(0, 0.6, Act.TALK), *hold(0, 0.4), *hold(0, 0.8, act)]
    assert play(Liveness(ORDER), readings).phase == "passed"


def test_a_photograph_runs_out_of_time() -> None:
    check = play(Liveness(ORDER), hold(0, 10.0))
    assert (check.phase, check.reason) == ("failed", "time")


def test_a_photograph_that_is_tilted_all_the_time_does_not_even_begin() -> None:
    check = play(Liveness(ORDER), hold(0, 10.0, Act.LEFT))
    assert (check.phase, check.reason, check.done) == ("failed", "time", 0)


def test_another_order_fails_at_the_first_wrong_act() -> None:
    for other in itertools.product(ASKED, repeat=LENGTH):
        if other != ORDER and all(a is not b for a, b in itertools.pairwise(other)):
            check = play(Liveness(ORDER), obey(other))
            assert (check.phase, check.reason) == ("failed", "wrong act"), other


def test_everything_at_once_is_no_answer() -> None:
    together = [*hold(0, 1.0), *hold(0, 8.0, Act.LEFT, Act.EYES, Act.MOUTH)]
    assert play(Liveness(ORDER), together).phase == "failed"


def test_a_face_that_goes_away_ends_the_check_and_a_lost_picture_does_not() -> None:
    check = play(Liveness(ORDER), [*hold(0, 1.0), None, None, *hold(0, 0.2)])
    assert check.asked is Act.LEFT
    check = play(Liveness(ORDER), [*hold(0, 1.0), *[None] * 30])
    assert (check.phase, check.reason) == ("failed", "face lost")


@pytest.mark.parametrize("start", [0, 120, 260])
def test_the_sample_clip_fails_whatever_is_asked(sample_readings: list[FaceReading], start: int) -> None:
    neutral = neutral_of(sample_readings)
    orders = [o for o in itertools.product(ASKED, repeat=LENGTH) if all(a is not b for a, b in itertools.pairwise(o))]
    assert len(orders) == 324
    for order in orders:
        check = Liveness(order)
        for index, reading in enumerate(sample_readings[start:] + sample_readings[:start]):
            check = check.after(reading, neutral, index * STEP_NS)
        assert check.phase == "failed", order


def test_orders_are_random_and_never_repeat_an_act_at_once() -> None:
    orders = {random_order() for _ in range(200)}
    assert len(orders) > 100  # of 324
    for order in orders:
        assert len(order) == LENGTH
        assert all(a is not b for a, b in itertools.pairwise(order))


def test_time_left_is_told_for_the_act() -> None:
    check = play(Liveness(ORDER), hold(0, 1.0))
    assert check.asked is Act.LEFT
    assert check.left_s(STEP_NS * 25) == pytest.approx(5.0, abs=0.1)
    assert check.left_s(10**12) == 0.0


def test_made_up_faces_rest_like_the_neutral_one() -> None:
    assert neutral_of([REST, doing(t_ns=5)]) == NEUTRAL
    assert replace(REST, t_ns=5) == doing(t_ns=5)
