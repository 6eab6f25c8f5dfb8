"""Problems are told when they last, and forgotten when they are gone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.enrolment.checks import Problem, ProblemWatch, find_problem
from tests.fakes.faces import REST, STEP_NS


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({}, None),
        ({"light": 20.0}, Problem.TOO_DARK),
        ({"light": 240.0}, Problem.TOO_BRIGHT),
        ({"contrast": 10.0}, Problem.TOO_FLAT),
        ({"width": 0.1}, Problem.TOO_FAR),
        ({"width": 0.8}, Problem.TOO_NEAR),
        ({"x": 0.1}, Problem.OFF_CENTRE),
        ({"y": 0.9}, Problem.OFF_CENTRE),
        ({"sharpness": 1.0}, Problem.BLURRED),
        ({"light": 20.0, "x": 0.1}, Problem.TOO_DARK),
    ],
)
def test_the_worst_problem_is_named(change: dict[str, Any], problem: Problem | None) -> None:
    assert find_problem(replace(REST, **change)) is problem


def test_no_face_is_a_problem() -> None:
    assert find_problem(None) is Problem.NO_FACE


def test_a_problem_is_shown_once_it_lasts_and_goes_when_it_is_gone() -> None:
    watch = ProblemWatch()
    seen = [None] * 10 + [Problem.BLURRED] * 5 + [None] * 5 + [Problem.TOO_DARK] * 20 + [None] * 20
    shown = [watch.update(problem, index * STEP_NS) for index, problem in enumerate(seen)]
    assert set(shown[:29]) == {None}  # five blurred pictures are nothing to talk of
    assert shown[35] is Problem.TOO_DARK
    assert shown[42] is Problem.TOO_DARK
    assert shown[50] is None
