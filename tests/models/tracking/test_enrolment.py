from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.tracking.enrolment import Enrolment, enrol_tracking, shot_ranges
from tests.models.tracking.conftest import SAMPLE, TEST_FIRST, read_square

Rgb = NDArray[np.uint8]


def test_every_picture_is_tracked_and_the_uncut_sample_has_one_plate(enrolment: Enrolment) -> None:
    assert len(enrolment.tracked) == TEST_FIRST // 2
    assert all(one.params is not None for one in enrolment.tracked)
    assert enrolment.cuts == []
    assert len(enrolment.plates) == 1
    assert enrolment.shots == [(0, TEST_FIRST // 2)]


def test_expression_has_unit_variance_until_directions_grow_tiny(enrolment: Enrolment) -> None:
    expression = np.stack([one.params.expression for one in enrolment.tracked if one.params is not None])
    assert np.all(expression[:, :6].std(0) > 0.9)
    assert np.all(expression[:, :20].std(0) < 1.2)
    assert expression[:, 19].std() < 0.6, "a quarter of a pixel is the least that one of them stands for"
    assert np.abs(expression[:, :20].mean(0)).max() < 0.3


def test_a_cut_makes_two_shots_and_two_plates() -> None:
    pictures = read_square(SAMPLE, 0, 60, 2)
    moved = [np.roll(rgb, (-8, 40), (0, 1)) for rgb in pictures]
    said: list[tuple[float, str]] = []
    enrolment = enrol_tracking(pictures + moved, lambda share, what: said.append((share, what)))
    assert enrolment.cuts == [30]
    assert [one.cut for one in enrolment.tracked].index(True) == 30
    assert len(enrolment.plates) == 2
    corner = np.abs(enrolment.plates[0][20:200, :20].astype(int) - enrolment.plates[1][12:192, 40:60])
    assert corner.mean() < 3
    assert said[-1][0] == 1.0
    assert all(0.0 <= share <= 1.0 for share, _ in said)


def test_a_clip_without_a_face_is_refused() -> None:
    empty = [np.full((256, 256, 3), 90, np.uint8)] * 20
    with pytest.raises(ValueError, match="a face was found in 0 of 20"):
        enrol_tracking(empty, lambda share, what: None)


def test_shots_lie_between_cuts() -> None:
    assert shot_ranges([], 5) == [(0, 5)]
    assert shot_ranges([2, 4], 5) == [(0, 2), (2, 4), (4, 5)]
