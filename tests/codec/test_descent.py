"""Residuals chosen by the picture's error: nothing nearby is cheaper, and what needs no form stays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from codec.descent import LARGEST_MOVED, descend
from codec.entropy import CLASSES, TABLES
from codec.transform import BASIS_BITS, generic_basis, split_basis
from codec.types import Stakes

SIZE = 12


def stakes(random: np.random.Generator, leading: int, spread: float, slope: float) -> Stakes:
    """A positive form whose axes differ by `spread` octaves."""
    axes = np.linalg.qr(random.normal(size=(leading, leading)))[0]
    curvature = axes * 2.0 ** random.uniform(-spread, spread, leading) @ axes.T
    return Stakes(curvature.astype(np.float16), (slope * random.normal(size=leading)).astype(np.float16), 0.2)


def cost(
    residuals: NDArray[np.int64],
    levels: NDArray[np.int64],
    basis: NDArray[np.int64],
    scale: float,
    wanted: NDArray[np.float64],
    frames: list[Stakes],
) -> float:
    """The picture's error and what the bits are worth; frames want (n, N) steps more than what is expected."""
    off = np.einsum("iot,oi->ti", basis / (1 << BASIS_BITS), residuals) * scale - wanted
    error = 0.0
    for frame, d in zip(frames, off, strict=True):
        d = d[: len(frame.slope)]
        error += 2 * frame.slope.astype(float) @ d + d @ frame.curvature.astype(float) @ d
    bits = sum(
        TABLES[level].bits(k) for level, k in zip(levels.ravel().tolist(), residuals.ravel().tolist(), strict=True)
    )
    return float(error + frames[0].bit_worth * scale**2 * bits)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 5), st.floats(0.3, 4.0), st.integers(1, SIZE))
def test_no_residual_is_cheaper_by_one_more_or_less(seed: int, count: int, scale: float, leading: int) -> None:
    random = np.random.default_rng(seed)
    basis = split_basis(generic_basis(SIZE))[count - 1]
    levels = random.integers(0, CLASSES, (count, SIZE))
    wanted = random.normal(0.0, 2.0, (count, SIZE))
    frames = [stakes(random, leading, 2.0, 1.0) for _ in range(count)]
    start = random.integers(-3, 4, (count, SIZE))
    off = np.einsum("iot,oi->ti", basis / (1 << BASIS_BITS), start) * scale - wanted
    found = descend(start, levels, basis, scale, off, frames)
    assert np.array_equal(found[:, leading:], start[:, leading:])
    least = cost(found, levels, basis, scale, wanted, frames)
    assert least <= cost(start, levels, basis, scale, wanted, frames)
    for order in range(count):
        for index in range(leading):
            for by in (-1, 1):
                other = found.copy()
                other[order, index] += by
                assert cost(other, levels, basis, scale, wanted, frames) > least - 1e-9


def test_what_the_picture_does_not_show_costs_no_bits() -> None:
    basis = split_basis(generic_basis(SIZE))[0]
    curvature = np.diag(np.r_[0.0, np.ones(SIZE - 1)]).astype(np.float16)
    frame = Stakes(curvature, np.zeros(SIZE, np.float16), 0.2)
    start = np.full((1, SIZE), 3)
    found = descend(start, np.full((1, SIZE), 8), basis, 1.0, np.zeros((1, SIZE)), [frame])
    assert found[0, 0] == 0
    assert (found[0, 1:] >= 2).all()


def test_a_slope_moves_a_number_beyond_what_was_wanted() -> None:
    basis = split_basis(generic_basis(SIZE))[0]
    slope = np.r_[-2.0, np.zeros(SIZE - 1)].astype(np.float16)
    frame = Stakes(np.eye(SIZE, dtype=np.float16), slope, 0.01)
    nothing = np.zeros((1, SIZE), np.int64)
    found = descend(nothing, np.full((1, SIZE), 16), basis, 1.0, np.zeros((1, SIZE)), [frame])
    assert found[0].tolist() == [2, *[0] * (SIZE - 1)]


@pytest.mark.parametrize("size", [LARGEST_MOVED + 1, 4000])
def test_large_residuals_stay(size: int) -> None:
    basis = split_basis(generic_basis(SIZE))[0]
    frame = Stakes(np.zeros((SIZE, SIZE), np.float16), np.zeros(SIZE, np.float16), 0.2)
    start = np.r_[size, -size, LARGEST_MOVED, np.zeros(SIZE - 3, np.int64)][None]
    found = descend(start, np.full((1, SIZE), CLASSES - 1), basis, 1.0, np.zeros((1, SIZE)), [frame])
    assert found[0, :2].tolist() == [size, -size]
    assert abs(found[0, 2]) < LARGEST_MOVED
