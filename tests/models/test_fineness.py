import pytest

from models.fineness import COARSEST, EXPECTED, USUALLY_EXPECTED, Fineness, error_of_steps


def settled(factor: float) -> int:
    fineness = Fineness(10.0)
    for _ in range(200):
        fineness.follow(10.0 * factor)
    return fineness.quality


def test_twice_the_error_bears_steps_longer_by_its_root() -> None:
    assert [settled(2.0**power) for power in (-0.25, 0.25, 0.75, 1.25, 1.75)] == [0, 0, 1, 2, 3]


def test_it_goes_no_further_than_it_may() -> None:
    assert settled(1e-6) == settled(0.0) == 0
    assert settled(1e6) == COARSEST


def test_a_moment_changes_nothing_and_a_second_does() -> None:
    fineness = Fineness(10.0)
    assert fineness.follow(60.0) == 0
    assert [fineness.follow(60.0) for _ in range(25)][-1] >= 3


def test_it_does_not_swing_between_two_qualities() -> None:
    fineness = Fineness(10.0)
    found = [fineness.follow(10.0 * 2 ** (0.5 + 0.1 * (-1) ** n)) for n in range(300)]
    assert len(set(found[100:])) == 1


def test_what_an_identity_tells_is_taken_if_it_can_be_true() -> None:
    assert error_of_steps({EXPECTED: 12.5}) == 12.5
    for wrong in (None, "12", 0, -3, float("nan"), float("inf"), [1]):
        assert error_of_steps({EXPECTED: wrong}) == pytest.approx(USUALLY_EXPECTED)
    assert error_of_steps({}) == USUALLY_EXPECTED
