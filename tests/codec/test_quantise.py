from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codec.entropy import CLASSES, MAX_RESIDUAL
from codec.quantise import (
    LIMIT,
    QUALITY_MAX,
    QUALITY_MIN,
    UNIT,
    from_fixed,
    nearest_residual,
    quantise_mixing,
    scale_of,
    to_fixed,
    unmixing_of,
)


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
    assert to_fixed(np.array([3e38, -3e38], np.float32), steps).tolist() == [LIMIT, -LIMIT]


@given(st.integers(-(2 * LIMIT), 2 * LIMIT), st.integers(QUALITY_MIN, QUALITY_MAX), st.integers(0, CLASSES - 1))
def test_a_residual_lands_within_the_dead_zone(difference: int, quality: int, level: int) -> None:
    scale = scale_of(quality)
    residual = nearest_residual(difference, scale, level)
    assert residual * difference >= 0
    if abs(residual) < MAX_RESIDUAL:
        assert abs(difference - residual * scale) <= 1.01 * scale + 1


def made_up_mixing(size: int = 56) -> tuple[np.ndarray, np.ndarray]:
    """A mixing as an identity stores it, of numbers of very different units."""
    random = np.random.default_rng(0)
    return quantise_mixing(random.normal(size=(size, size)) * np.logspace(-3, 2, size)[:, None])


def test_mixed_numbers_come_back() -> None:
    mixing, steps = made_up_mixing()
    vector = (np.random.default_rng(1).normal(size=56) * steps * 100).astype(np.float32)
    back = from_fixed(to_fixed(vector, steps, unmixing_of(mixing, steps)), steps, mixing)
    np.testing.assert_allclose(back / steps, vector / steps, atol=56 * 0.51 / UNIT)


def test_mixing_is_exact_in_integers() -> None:
    mixing, steps = made_up_mixing(5)
    fixed = [LIMIT, -LIMIT, 12345, -1, 0]
    numbers = from_fixed(np.asarray(fixed), steps, mixing)
    for row, step, number in zip(mixing.tolist(), steps.tolist(), numbers, strict=True):
        total = sum(a * b for a, b in zip(row, fixed, strict=True))
        assert number == np.float32(total * (step * 2.0**-23))


def test_a_stored_mixing_is_near_what_was_asked_for() -> None:
    asked = np.random.default_rng(2).normal(size=(8, 8)) * np.logspace(-6, 6, 8)[:, None]
    mixing, steps = quantise_mixing(asked)
    stored = mixing * steps.astype(np.float64)[:, None] / 2**15
    assert (np.abs(stored - asked) <= np.abs(asked).max(1, keepdims=True) * 2.0**-14).all()


@pytest.mark.parametrize("bad", [np.zeros((3, 3)), np.full((3, 3), np.nan)])
def test_a_mixing_that_makes_nothing_is_refused(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="mixing"):
        quantise_mixing(bad)


def test_a_mixing_without_inverse_is_refused() -> None:
    with pytest.raises(ValueError, match="no inverse"):
        unmixing_of(np.ones((4, 4), np.int16), np.ones(4, np.float32))
