from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codec.entropy import CLASSES, MAX_RESIDUAL
from codec.quantise import LIMIT, QUALITY_MAX, QUALITY_MIN, UNIT, from_fixed, nearest_residual, scale_of, to_fixed


def test_scales_are_quarter_octaves_of_the_unit() -> None:
    for quality in range(QUALITY_MIN, QUALITY_MAX + 1):
        assert scale_of(quality) == round(UNIT * 2 ** (quality / 4))
    for quality in (QUALITY_MIN - 1, QUALITY_MAX + 1):
        with pytest.raises(ValueError, match="quality"):
            scale_of(quality)


def test_fixed_point_holds_a_number_to_half_a_unit() -> None:
    steps = np.array([0.01, 0.3, 5.0], np.float32)
    vector = np.array([0.123, -7.7, 1234.5], np.float32)
    back = from_fixed(to_fixed(vector, steps), steps)
    assert (np.abs(back - vector) <= steps / UNIT * 0.51).all()


def test_extreme_numbers_are_clipped() -> None:
    steps = np.ones(2, np.float32)
    assert to_fixed(np.array([3e38, -3e38], np.float32), steps) == [LIMIT, -LIMIT]


@given(st.integers(-(2 * LIMIT), 2 * LIMIT), st.integers(QUALITY_MIN, QUALITY_MAX), st.integers(0, CLASSES - 1))
def test_a_residual_lands_within_the_dead_zone(difference: int, quality: int, level: int) -> None:
    scale = scale_of(quality)
    residual = nearest_residual(difference, scale, level)
    assert residual * difference >= 0
    if abs(residual) < MAX_RESIDUAL:
        assert abs(difference - residual * scale) <= 0.81 * scale + 1
